"""Estimators of thermopower, thermal conductance and Peltier heat of a junction, as functions on arrays."""
