"""Items, sightings, cases, and the decisions of two people."""
