"""SRS SR560 voltage preamplifier on a listen-only serial line."""
