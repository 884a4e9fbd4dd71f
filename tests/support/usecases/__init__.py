"""Fakes and drawn media for the tests of the use cases."""
