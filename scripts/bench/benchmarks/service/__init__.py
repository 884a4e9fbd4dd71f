"""A running registry: throughput of checks, freshness over several processes, and the cost of faces."""
