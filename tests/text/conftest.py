"""Compiling and loading take the first example of a property longer than the others."""

from hypothesis import settings

settings.register_profile("text", deadline=None, max_examples=200)
settings.load_profile("text")
