"""Buettiker probes: currents of a junction in which some terminals only dephase or thermalise."""
