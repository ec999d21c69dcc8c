"""Capture, seal, prove, verify, open and export evidence. No database."""
