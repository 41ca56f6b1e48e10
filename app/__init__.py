"""Command line, rig files, processes and reports: the only room that knows which hardware exists."""
