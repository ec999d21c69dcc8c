"""Conversations: who leads whom where, and when somebody should be warned."""
