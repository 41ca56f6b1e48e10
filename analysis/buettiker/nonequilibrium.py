"""Current and electrode heat of a biased junction with probes, for comparison with experiments.

The bias and its signs are those of `analysis.transport.landauer`: positive bias puts the substrate at the higher
electrical potential, mu_probe = +eV/2 and mu_substrate = -eV/2, and the sites follow the model's ``bias_drop``.
Without probes, or with uncoupled probes, the results are those of `analysis.transport.landauer.currents`. "Probe" is
the tip, as everywhere in the experiment; Buettiker's probes are called floating here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.buettiker.nonlinear import biased_electronic_circuit
from analysis.buettiker.terminals import JunctionTerminal, ProbedJunction, VoltageTemperatureProbe
from analysis.constants import ELEMENTARY_CHARGE_C
from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class ProbedCurrents:
    """Currents at each bias; arrays have the shape of ``bias_V``, after an axis of floating terminals if there is one.

    Attributes
    ----------
    bias_V, current_A, heat_probe_W, heat_substrate_W : ndarray
        As in `analysis.transport.landauer.Currents`. The heats add up to I V minus the heat of the floating terminals.
    floating : tuple of str
        Names of Buettiker's probes.
    heat_floating_W : ndarray, shape (n_floating, ...)
        Heat that each takes: zero for a voltage-temperature probe, spurious for a voltage probe, whose temperature
        is imposed from outside the junction.
    mu_floating_eV, temperature_floating_K : ndarray, shape (n_floating, ...)
        Stationary values, mu relative to the mean of the leads; NaN for uncoupled probes.
    entropy_production_W_per_K, residual, accuracy : ndarray
        As in `analysis.buettiker.nonlinear.NonlinearResponse`.
    """

    bias_V: FloatArray
    current_A: FloatArray
    heat_probe_W: FloatArray
    heat_substrate_W: FloatArray
    floating: tuple[str, ...]
    heat_floating_W: FloatArray
    mu_floating_eV: FloatArray
    temperature_floating_K: FloatArray
    entropy_production_W_per_K: FloatArray
    residual: FloatArray
    accuracy: FloatArray

    @property
    def heat_total_W(self) -> FloatArray:
        """Power I V of the source."""
        return self.current_A * self.bias_V


def probed_currents(
    junction: ProbedJunction, bias_V: ArrayLike, temperature_K: ArrayLike | None = None
) -> ProbedCurrents:
    """Return the current, and the heat left in both electrodes and in every floating terminal.

    Parameters
    ----------
    junction : ProbedJunction
        Its two real leads are the electrodes, named "probe" and "substrate" or in this order; their ``mu_eV`` is not
        used.
    bias_V : array_like
        Bias of the substrate against the probe.
    temperature_K : array_like, optional
        Temperature of the leads and of voltage probes, in place of their own; broadcasts with the bias.

    Raises
    ------
    ValueError
        If there are not two real leads, and as `analysis.buettiker.nonlinear.biased_electronic_circuit` does.
    ProbeError
        If a probe does not settle.
    """
    probe, substrate = _electrodes(junction)
    bias = np.asarray(bias_V, dtype=np.float64)
    kept = [x.name for x in junction.terminals if not isinstance(x, VoltageTemperatureProbe)]
    solved = biased_electronic_circuit(
        junction,
        (junction.model.bias_drop - 0.5) * bias,
        {probe: 0.5 * bias, substrate: -0.5 * bias},
        {} if temperature_K is None else dict.fromkeys(kept, temperature_K),
    )
    c = solved.currents
    floating = [i for i, x in enumerate(junction.terminals) if not isinstance(x, JunctionTerminal)]
    return ProbedCurrents(
        np.broadcast_to(bias, solved.residual.shape),
        ELEMENTARY_CHARGE_C * c.particle_current_per_s[c.index(substrate)],
        c.heat_current_W[c.index(probe)],
        c.heat_current_W[c.index(substrate)],
        tuple(c.names[i] for i in floating),
        c.heat_current_W[floating],
        c.mu_eV[floating],
        c.temperature_K[floating],
        c.entropy_production_W_per_K,
        solved.residual,
        solved.accuracy,
    )


def _electrodes(junction: ProbedJunction) -> tuple[str, str]:
    real = [x.name for x in junction.terminals if isinstance(x, JunctionTerminal)]
    if len(real) != 2:
        raise ValueError(f"a bias needs two real leads; the junction has {', '.join(real)}")
    if set(real) == {"probe", "substrate"}:
        return "probe", "substrate"
    return real[0], real[1]
