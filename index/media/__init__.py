"""Media in, planes out: what is opened, how it is decoded, and the workers in which that happens."""
