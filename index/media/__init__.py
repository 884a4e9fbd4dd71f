"""Decode media into planes. `pictures` and `clips` are imported directly, so that a picture worker never loads PyAV."""

__all__: list[str] = []
