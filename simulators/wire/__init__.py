"""Wires on which the simulated instruments answer."""
