"""Buettiker probes: currents of a junction some of whose terminals only dephase or thermalise."""
