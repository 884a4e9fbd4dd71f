"""Tests, in a tree that mirrors the packages they test; tests that cross packages have folders of their own."""
