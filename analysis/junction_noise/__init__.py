"""Noise of held junctions: flicker noise with its exponent, telegraph noise of two states."""
