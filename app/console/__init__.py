"""Terminal output of runs: progress, durations, messages."""
