"""Metrics, traces and error reports."""
