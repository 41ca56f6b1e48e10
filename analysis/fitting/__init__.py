"""Fits of a transmission to currents, heat and thermopower, with errors and diagnostics."""
