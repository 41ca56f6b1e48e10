"""Landauer transport: transmission functions, currents and heat, Hueckel molecules."""
