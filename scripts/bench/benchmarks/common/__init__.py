"""Parts of several benchmarks: pictures, made-up codes, registries to measure, served registries, and output."""
