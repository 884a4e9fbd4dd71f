"""Drawn pictures and clips, and files that are damaged on purpose."""
