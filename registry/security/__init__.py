"""Keys, limits, budgets and what a log may say."""
