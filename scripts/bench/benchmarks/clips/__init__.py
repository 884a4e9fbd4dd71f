"""Recall and false matches of registered clips (`scripts/bench/video`)."""
