"""Accounts, on Flask-Security: who asks, and what he may."""
