"""Figures and numbers of the paper on voltage and voltage-temperature probes."""
