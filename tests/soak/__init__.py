"""A bench that serves for days on the fast clock, with a random fault a minute: `python -m tests.soak`."""
