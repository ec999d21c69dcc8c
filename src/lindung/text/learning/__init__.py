"""Models from confirmed cases, and what keeps them honest."""
