"""Charge that crosses from sample to probe through their capacitance: the only sign of both cables without a contact.

A bias that alternates drives ``i 2 pi f C V`` into the current amplifier, a quarter of a period ahead of what a leak or
the card's multiplexer passes on.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from analysis.preflight.measured import Facts
from analysis.records import FloatArray
from analysis.spectra.lock_in import LockIn

RISE_PER_TAU = 2.2
"""Rise time of one pole, 10 to 90 %, in time constants."""

LEAST_SAMPLES = 6
"""Samples in a period of the bias; more where the amplifier is slow."""

RISES = 2.0
"""Least period in rise times of the amplifier."""

LOWEST_Hz = 10.0
"""An amplifier that passes less makes the measurement too long."""

BOXCAR_S = 0.1
SIGMAS = 4.0
HALF = 0.5
"""Share of an earlier capacitance below which a cable is off."""


@dataclass(frozen=True)
class Stray:
    """Capacitance between sample and probe.

    Parameters
    ----------
    capacitance_F, error_F : float
        With its standard error. The steps of the output and the moment of their conversion make its scale uncertain
        by a factor of three; one rig always shows the same.
    beside_F : float
        What is in phase with the bias, as a leak is, as a capacitance of the same current.
    """

    capacitance_F: float
    error_F: float
    beside_F: float = 0.0

    def misses(self, least_F: float) -> bool:
        """Return True if the current is surely less than that of ``least_F``, whatever its phase."""
        return math.hypot(self.capacitance_F, self.beside_F) + SIGMAS * self.error_F < least_F

    def shows(self, least_F: float) -> bool:
        """Return True if the current is surely not zero, not less than that of ``least_F``, and no leak's."""
        return self.capacitance_F > max(SIGMAS * self.error_F, least_F, abs(self.beside_F))


def period(rate_Hz: float, rise_time_s: float) -> int | None:
    """Return the samples of a period of the bias; None if the amplifier is too slow for one."""
    samples = max(LEAST_SAMPLES, math.ceil(RISES * rise_time_s * rate_Hz))
    return samples if rate_Hz / samples >= LOWEST_Hz else None


def stray(pieces: Sequence[FloatArray], rate_Hz: float, samples: int, rise_time_s: float) -> Stray:
    """Return the capacitance from stretches of bias and current.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (2, n)
        Looped-back bias in V and current in A; each begins anew.
    rate_Hz : float
    samples : int
        Period of the bias.
    rise_time_s : float
        Rise time of the amplifier, taken as one pole.
    """
    ratios = []
    for piece in pieces:
        lock_in = LockIn(Fraction(rate_Hz) / samples, rate_Hz, max(round(BOXCAR_S * rate_Hz / samples), 1))
        amplitude, _ = lock_in.feed(piece)
        ratios.append(amplitude[1] / amplitude[0])
    angular = 2.0 * math.pi * rate_Hz / samples
    held = cmath.exp(1j * math.pi / samples) / np.sinc(
        1.0 / samples
    )  # an output holds each value for a sample
    admittance_S = np.concatenate(ratios) * held * (1.0 + 1j * angular * rise_time_s / RISE_PER_TAU)
    each_F = admittance_S.imag / angular
    error_F = float(each_F.std(ddof=1) / math.sqrt(each_F.size)) if each_F.size > 1 else math.inf
    return Stray(float(each_F.mean()), error_F, float(admittance_S.real.mean()) / angular)


def least_F(stated_F: float, earlier_F: float | None) -> float:
    """Return the capacitance below which a cable is off, from the rig file's and that of an earlier proof."""
    return max(stated_F, HALF * (earlier_F or 0.0))


def cables_off(found: Stray, wanted_F: float, earlier_F: float | None, facts: Facts) -> str:
    """Return the sentence for a rig on which no charge crosses from sample to probe."""
    pF = 1e12
    before = "" if earlier_F is None else f" ({earlier_F * pF:.2g} pF at the last proof)"
    return (
        f"No charge comes from the sample to the {facts.current_amplifier}: an alternating bias shows "
        f"{found.capacitance_F * pF:.3f} +- {found.error_F * pF:.3f} pF between sample and probe, expected at least "
        f"{wanted_F * pF:.2g} pF{before}. The cable from the {facts.wiring.output('bias')} to the sample is off, or "
        f"that from the probe to the {facts.current_amplifier}: a contact would not be seen. The run was not started. "
        "Check both. If so little is right for your rig, as with a shield between tip and sample, set "
        "contact.capacitance_pF in the rig file (0 leaves this out)."
    )
