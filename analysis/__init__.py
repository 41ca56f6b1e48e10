"""Nouns and numbers: records, physics, statistics, the recording file."""
