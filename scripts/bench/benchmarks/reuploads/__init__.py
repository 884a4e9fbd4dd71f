"""Altered copies of pictures, as people upload them again, and pairs of pictures that only look alike."""
