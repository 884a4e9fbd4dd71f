"""Real browsers of this machine, and pages served to them."""
