"""Databases for tests, the people in them, and programs that write to them."""
