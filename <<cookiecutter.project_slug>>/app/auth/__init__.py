"""User accounts, based on Flask-Security."""
