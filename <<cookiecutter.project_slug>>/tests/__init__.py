"""The tests mirror the application's modules."""
