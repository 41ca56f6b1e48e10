"""The program: command line, rig files, processes, reports. The only room that knows which hardware exists."""
