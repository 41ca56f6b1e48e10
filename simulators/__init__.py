"""The rig as its wires see it: one world, the instruments around it, and the wires that serve them."""
