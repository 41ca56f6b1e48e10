"""Analogue inputs of the NI 6281: one converter, to which a multiplexer connects the scanned terminals in turn.

Sources: National Instruments, "PXI/PCI/USB-6281 Specifications"; "M Series User Manual", 4-8 (ghosting: what has not
settled is a share of the step between neighbours of the scan) and 4-26 (times of the conversions).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.rig.accuracy import CardErrors
from simulators.rig.ni6281 import NI6281Parameters
from simulators.signal.filters import delayed, limited

FloatArray = NDArray[np.float64]

NEGLIGIBLE = 1e-9
"""Unsettled share of a step that no code shows: 20 nV of 20 V."""

STRETCH_S = 1.0
"""Time within which the drift of the card is constant."""


@dataclass(frozen=True)
class Conversion:
    """One position of a scan.

    Parameters
    ----------
    terminal : str
        "ai0"
    range_V : float
    at_s : float
        Time from the tick of the sample clock to the conversion.
    source_ohm : float
        Resistance of the signal's source; infinite for an open terminal.
    lowpass : bool
        True with the card's 40 kHz filter, which comes after the multiplexer.
    """

    terminal: str
    range_V: float
    at_s: float
    source_ohm: float = 0.0
    lowpass: bool = False


class Converter:
    """Converter scanned by one task: settling after the multiplexer, errors, noise, codes.

    An open terminal keeps the voltage of its predecessor in the scan, moved by its bias current.

    Parameters
    ----------
    card : NI6281Parameters
        Settling, noise, codes.
    errors : CardErrors
        Gain, offset and linearity of this card.
    scan : sequence of Conversion
        Positions, in the order of the scan.
    period_s : float
        Time from scan to scan.
    rng : Generator
        Source of the noise.
    began_s : float
        Time of the bench at the first scan, for the drift with the room.
    """

    def __init__(
        self,
        card: NI6281Parameters,
        errors: CardErrors,
        scan: Sequence[Conversion],
        period_s: float,
        rng: np.random.Generator,
        began_s: float = 0.0,
    ) -> None:
        self._rng = rng
        self._most_V = card.input_most_V
        self._codes = 2 ** (card.input_bits - 1)
        self._lsb_V = np.array([[conversion.range_V] for conversion in scan]) / self._codes
        self._noise = (
            np.array([card.noise_V(c.range_V, c.lowpass) for c in scan])[:, np.newaxis] / self._lsb_V
        )
        self._errors = errors.of_inputs([(c.terminal, c.range_V) for c in scan])
        waits_s = _waits([conversion.at_s for conversion in scan], period_s)
        self._shares = [_unsettled(card, c, wait_s) for c, wait_s in zip(scan, waits_s, strict=True)]
        self._open = [math.isinf(conversion.source_ohm) for conversion in scan]
        self._drifts_V = [
            errors.input_current_A(c.terminal) * wait_s / card.input_capacitance_F
            for c, wait_s in zip(scan, waits_s, strict=True)
        ]
        self._settles = max(self._shares, default=0.0) < NEGLIGIBLE
        self._last_V = self._closed_V = 0.0
        self._room_K = lambda scans: errors.room_K(began_s + scans * period_s)
        self._gain_drift = card.input_gain_drift_ppm_per_K * 1e-6
        self._offset_drift = card.input_offset_drift_ppm_per_K * 1e-6 * self._lsb_V * self._codes
        self._scans = 0
        self._stretch = max(1, round(STRETCH_S / period_s))

    def convert(self, volts: FloatArray) -> FloatArray:
        """Digitise the voltages at the terminals.

        Parameters
        ----------
        volts : ndarray, shape (n_channels, n)
            Voltages at the terminals at the times of their conversions, one column for each scan.

        Returns
        -------
        ndarray, shape (n_channels, n)
            Readings in volts: whole codes, clipped at the rails.
        """
        left = self._stretch - self._scans % self._stretch
        if volts.shape[1] > left:
            return np.concatenate((self.convert(volts[:, :left]), self.convert(volts[:, left:])), axis=1)
        seen = limited(volts, self._most_V)
        if not self._settles and seen.size:
            self._mix(seen)
        room_K = self._room_K(self._scans - self._scans % self._stretch)
        codes = self._errors.seen(seen, self._gain_drift * room_K, self._offset_drift * room_K)
        codes /= self._lsb_V
        self._scans += seen.shape[1]
        codes += self._rng.standard_normal(seen.T.shape).T * self._noise
        np.rint(codes, out=codes)
        np.maximum(codes, -self._codes, out=codes)
        np.minimum(codes, self._codes - 1, out=codes)
        codes *= self._lsb_V
        return codes

    def _mix(self, seen: FloatArray) -> None:
        """Replace the voltages of the terminals by those at the converter, in place."""
        n = len(seen)
        if all(self._open):
            self._drift(seen)
            return
        first, last = self._open.index(False), n - 1 - self._open[::-1].index(False)
        # What the first one's predecessor has not settled in turn is left out: it would recur in time.
        before_first = delayed(seen[last], self._closed_V)
        self._closed_V = float(seen[last, -1])
        for k in (*range(first, n), *range(first)):
            neighbour = seen[k - 1] if k else delayed(seen[-1], self._last_V)
            before = before_first if k == first else neighbour
            if self._open[k]:
                seen[k] = np.clip(before + self._drifts_V[k], -self._most_V, self._most_V)
            elif self._shares[k] >= NEGLIGIBLE:
                seen[k] += self._shares[k] * (before - seen[k])
        self._last_V = float(seen[-1, -1])

    def _drift(self, seen: FloatArray) -> None:
        """Let open terminals drift that have no other in their scan."""
        n = seen.shape[1]
        steps = np.concatenate(([self._last_V], np.tile(self._drifts_V, n)))
        volts = np.clip(np.cumsum(steps)[1:], -self._most_V, self._most_V)
        seen[:] = volts.reshape(n, -1).T
        self._last_V = float(seen[-1, -1])


def _waits(at_s: Sequence[float], period_s: float) -> list[float]:
    """Return the time of each position from the conversion before it, which for the first is in the previous scan.

    Positions that are converted at once have converters of their own.
    """
    if len(set(at_s)) < 2:
        return [period_s] * len(at_s)
    before_s = [at_s[-1] - period_s, *at_s[:-1]]
    return [now_s - then_s for now_s, then_s in zip(at_s, before_s, strict=True)]


def _unsettled(card: NI6281Parameters, conversion: Conversion, wait_s: float) -> float:
    """Return the share of the step from the previous position that is left at the conversion."""
    tau_s = card.lowpass_tau_s if conversion.lowpass else card.settling_tau_s
    source_s = conversion.source_ohm * card.input_capacitance_F
    share = math.exp(-wait_s / tau_s) + (math.exp(-wait_s / source_s) if source_s else 0.0)
    return min(share, 1.0)
