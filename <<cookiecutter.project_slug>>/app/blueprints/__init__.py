"""The blueprints: pages for people, an API for programs."""
