"""The measurement of uploads whose shape hides a picture."""
