"""Hostile input at every door of the program: ``python -m tests.fuzz [--examples N] [DOOR ...]``."""
