"""Runs the claims of the papers against epidot."""
