"""Replay: recordings looked at again, the same way as when they were made."""
