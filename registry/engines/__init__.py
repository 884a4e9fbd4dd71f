"""Where an index's engine comes from."""
