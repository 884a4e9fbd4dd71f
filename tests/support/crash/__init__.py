"""Programs to be killed, and checks of what they leave behind."""
