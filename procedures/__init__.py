"""Procedures on a junction: plans of frozen steps, and the runner that interprets them."""
