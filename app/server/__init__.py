"""The bench as a process that clients attach to: commands down; blocks, events and records up."""
