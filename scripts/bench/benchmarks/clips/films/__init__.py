"""Films drawn from pictures, and altered copies of them, as people upload them again."""
