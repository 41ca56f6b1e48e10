"""Limits of a rig, looked at in the simulated world: ``python -m tests.limits 10000``."""
