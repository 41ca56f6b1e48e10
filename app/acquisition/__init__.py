"""Runs on a rig: bench, recorder, watchdog, the rig opened from its file."""
