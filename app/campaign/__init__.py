"""A whole measurement programme of a molecule, as one run that stops and goes on where it was."""
