"""Exact SI constants (2019 SI) and the conductance quantum."""

ELEMENTARY_CHARGE_C = 1.602176634e-19
PLANCK_J_s = 6.62607015e-34
BOLTZMANN_J_per_K = 1.380649e-23

G0_S = 2.0 * ELEMENTARY_CHARGE_C**2 / PLANCK_J_s
"""Conductance quantum 2e^2/h in siemens (7.748091729e-5 S)."""

BOLTZMANN_eV_per_K = BOLTZMANN_J_per_K / ELEMENTARY_CHARGE_C
