"""Use cases: one file for each action of the registry. They take ports and values, and return values."""
