"""People, roles and two-factor sign-in."""
