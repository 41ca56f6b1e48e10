"""Plots of the window: one panel they all are, and one widget for each view model."""
