"""The truth: SQL through SQLAlchemy Core, on embedded SQLite or PostgreSQL. Rows never leave this package."""
