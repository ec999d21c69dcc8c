"""Settings, environment, database powers, keys and the two faces."""
