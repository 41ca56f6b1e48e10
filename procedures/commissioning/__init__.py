"""Procedures of a rig's commissioning, on a resistor in place of the junction; `analysis.commissioning` judges."""
