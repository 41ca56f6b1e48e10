"""A tired operator: seeded mouse and keyboard on the real windows of a simulated rig: `python -m tests.tired`."""
