"""The ways in: pages for people, an API for programs."""
