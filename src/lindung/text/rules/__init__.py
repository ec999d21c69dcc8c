"""The policy: what its rules ask for, and where a post fulfils it."""
