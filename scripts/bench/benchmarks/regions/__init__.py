"""Fit and measure how replaced regions are told."""
