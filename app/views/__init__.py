"""What there is to see of a run, live or replayed: pictures as plain numbers in the units of their axes, no window."""
