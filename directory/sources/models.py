"""Runs of imports."""
