"""Recall and false matches of registered pictures (`scripts/bench/recall`)."""
