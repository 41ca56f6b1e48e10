"""Calibrations from measurements: thermometer, piezo, amplifier, lag of outputs and inputs."""
