"""Decisions of a campaign that one stage makes for the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log
from pathlib import Path
from types import MappingProxyType

import numpy as np

from analysis.iv.mean import MeanIV, equal_power_amplitudes
from analysis.traces.peak_diagnostics import SKEWNESS_UNKNOWN
from analysis.traces.peak_fit import PeakFit
from analysis.traces.result import Analysis
from app.campaign.file import CampaignFile
from app.offline.analyse import analyse_measurement
from app.offline.trace_files import analyse_traces
from app.offline.traces import ByHand


class Undecided(Exception):
    """The measurements so far do not decide how to continue. The message gives the remedy."""


class TooFewTraces(Undecided):
    """The histogram does not show the level yet."""


@dataclass(frozen=True)
class Amplitudes:
    """Amplitudes of the heating stage in V, and the expected currents in A (empty if unknown)."""

    amplitudes_V: tuple[float, ...]
    expected_A: tuple[float, ...]


def nearest_peak(peaks: Sequence[PeakFit], conductance_G0: float) -> PeakFit | None:
    """Return the peak nearest on a logarithmic scale that is trusted, or in doubt only for its skewness; None without.

    How skewed a level is moves its maximum by less than the window in which junctions are held.
    """
    usable = [peak for peak in peaks if set(peak.reasons) <= {SKEWNESS_UNKNOWN}]
    return min(usable, key=lambda peak: abs(log(peak.conductance_G0 / conductance_G0)), default=None)


def most_probable(
    recordings: Sequence[Path],
    campaign: CampaignFile,
    known: Mapping[Path, Analysis] = MappingProxyType({}),
) -> PeakFit:
    """Return the histogram's peak at which junctions are held, from all parts of the histogram.

    ``known`` are analyses made before.

    Raises
    ------
    Undecided
        Without recordings.
    TooFewTraces
        If there is no trusted peak within a factor of 3 of ``conductance_G0``.
    """
    if not recordings:
        raise Undecided("there is no histogram yet.")
    analysis = analyse_traces(recordings, ByHand(), known).analysis
    thought_G0 = campaign.conductance_G0
    peak = nearest_peak(analysis.peaks, thought_G0)
    if peak is None or not 1 / 3 < peak.conductance_G0 / thought_G0 < 3:
        raise TooFewTraces(
            f"no trusted peak near conductance_G0 = {thought_G0:g} in {len(analysis.selection.kept)} traces "
            f"({_found(analysis.peaks, thought_G0)}). Look at `hotjunction report` of {recordings[-1].name}; then take "
            "more traces (histogram.traces), correct conductance_G0, or set held.conductance by hand."
        )
    return peak


def _found(peaks: Sequence[PeakFit], thought_G0: float) -> str:
    """Name the trusted peaks, and the distrusted ones near the expected conductance with the reasons."""
    trusted = ", ".join(f"{peak.conductance_G0:.3g} G0" for peak in peaks if peak.trusted)
    doubtful = (
        f"{_interval(peak)} G0 is not trusted: {', '.join(peak.reasons)}"
        for peak in peaks
        if not peak.trusted and 1 / 3 < peak.conductance_G0 / thought_G0 < 3
    )
    return "; ".join((f"trusted: {trusted or 'none'}", *doubtful))


def _interval(peak: PeakFit) -> str:
    low_G0, high_G0 = peak.interval_G0
    return f"{low_G0:.3g} to {high_G0:.3g}" if isfinite(high_G0 - low_G0) else f"{peak.conductance_G0:.3g}"


def mean_curve(recordings: Sequence[Path]) -> MeanIV:
    """Return the mean I-V of all parts of the stage. Raises ``Undecided`` if no curve counts."""
    measurement = analyse_measurement(recordings)
    if measurement.iv is None:
        raise Undecided(" ".join(measurement.warnings))
    return measurement.iv


def amplitudes(campaign: CampaignFile, iv: MeanIV | None) -> Amplitudes:
    """Return the amplitudes of the file, or those of equal steps of power on the measured I-V.

    Raises
    ------
    Undecided
        If the curves do not reach the largest amplitude.
    """
    wanted = campaign.heating
    if iv is None:
        return Amplitudes(wanted.amplitudes_V, ())
    chosen = wanted.amplitudes_V
    if wanted.equal_powers:
        try:
            found = equal_power_amplitudes(iv, wanted.equal_powers, wanted.largest_V)
        except ValueError as error:
            raise Undecided(f"{error}; give iv.peak_V a larger value.") from None
        chosen = tuple(round(float(volts), 4) for volts in found)
    expected = iv.expected_A(chosen)
    if not np.all(np.isfinite(expected)):
        raise Undecided(
            f"the I-V curves reach {iv.largest_V:.3g} V, the amplitudes {max(chosen):g} V; "
            "give iv.peak_V a larger value."
        )
    return Amplitudes(chosen, tuple(float(f"{current:.4g}") for current in expected))
