"""Lindung: the open hotline for reporting online child sexual exploitation."""
