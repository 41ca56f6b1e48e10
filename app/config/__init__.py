"""Rig files and calibrations: read, checked, written."""
