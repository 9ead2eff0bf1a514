"""Programs that run beside the application."""
