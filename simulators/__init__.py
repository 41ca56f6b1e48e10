"""Simulated rig: one world, the instruments around it, and the wires that serve them."""
