"""Streams of posts through text and media."""
