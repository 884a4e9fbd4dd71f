"""The HTTP interface: rules, bodies and problems around the use cases."""
