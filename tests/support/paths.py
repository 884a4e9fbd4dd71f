"""Folders that tests read from."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The root of the repository. Child processes that import `tests.support` start here."""

DEMO_PICTURES = ROOT / "registry" / "demo" / "pictures"
"""The public-domain pictures of the demonstration."""

EVAL = ROOT.parent / "shared" / "eval"
"""Data sets for evaluation, absent on most machines."""
