"""Bytes in, evidence out: decoding, hashing, searching and the verdict ladder.

Pure: no web, no database, no network. `registry` imports this package, never the other way round.
"""
