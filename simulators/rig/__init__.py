"""The simulated rig: instruments around one junction, on one clock."""
