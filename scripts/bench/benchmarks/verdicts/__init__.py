"""Recorded verdicts of many uploads, and their comparison (`scripts/bench/verdicts`)."""
