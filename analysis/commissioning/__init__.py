"""Estimators and limits of a rig's commissioning: pure functions of what `procedures.commissioning` records."""
