"""The command line.

This file imports nothing: a worker's supervisor and the server's first process must not load the registry, and
`python -m registry.cli.main` must be the first to load that module.
"""

__all__ = ["backends", "main"]
