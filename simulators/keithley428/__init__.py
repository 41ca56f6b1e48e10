"""Keithley 428 current amplifier behind a VXI-11 gateway."""
