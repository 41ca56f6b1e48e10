"""Replay of recordings through the same views as a live run."""
