"""Junctions and holds with known truth, and reference integrals."""
