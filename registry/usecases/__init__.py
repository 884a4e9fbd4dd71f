"""What the registry does: one file for each verb. Use cases take ports and values, and return values."""
