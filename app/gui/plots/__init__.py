"""Plots of the window: a common panel, and one widget for each view model."""
