"""Real browsers of this machine that run the code of victims' devices; the tests use them too."""
