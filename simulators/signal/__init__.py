"""Signals on the way to an input: filters, noise, mains, drift."""
