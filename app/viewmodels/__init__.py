"""View models of a run, live or replayed: snapshots as plain numbers in the units of their axes, without a window."""
