"""Every fault in every step of every procedure, looked at in the simulated world: `python -m tests.fault_matrix`."""
