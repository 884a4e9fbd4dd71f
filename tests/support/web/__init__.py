"""A service in the test process, the people who use it, and what they send."""
