"""Helplines, reporting bodies and laws of each country, as versioned data with sources."""
