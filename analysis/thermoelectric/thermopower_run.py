"""Evaluation of recordings of thermopower: the measurement and its controls, hold by hold or all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.heating.mask import TIME_CONSTANTS, filters_of
from analysis.heating.thermometer import Thermometer
from analysis.recording.header import RunHeader
from analysis.thermoelectric.ac_traces import ACTrace, measured_trace
from analysis.thermoelectric.hold_line import HoldRules
from analysis.thermoelectric.thermopower import GOLD_FILM, Lead, PlacedHold, ThermopowerAnalysis
from analysis.thermoelectric.thermopower_controls import DUMMY, with_controls
from analysis.thermoelectric.thermopower_hold import MeasuredHold, measured
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.thermopower_summary import as_if_heated, placed, summarise

LEAST_SETTLING_S = 0.003


@dataclass(frozen=True, eq=False)
class ThermopowerRun:
    """Measured holds of one recording, with the thermometer of its tip."""

    name: str
    holds: tuple[MeasuredHold, ...]
    thermometer: Thermometer
    lead: Lead = GOLD_FILM

    @property
    def control(self) -> str:
        """Name of the control experiment; "" for the measurement itself."""
        return next((hold.control for hold in self.holds if hold.control), "")


class ThermopowerReducer:
    """Reducer of the holds of one recording to a `ThermopowerRun`, live or offline.

    Raises
    ------
    UncalibratedThermometer
        If the recording lacks a calibration of its thermometer.
    """

    def __init__(self, header: RunHeader, name: str) -> None:
        self._name, self._thermometer = name, Thermometer.from_calibrations(header.calibrations)
        self._rules = replace(rules_of(header), seebeck_V_per_K=self._thermometer.seebeck_V_per_K)
        self._lead = lead_of(header)
        self.holds: list[MeasuredHold] = []

    def feed(self, hold: ThermopowerHold | ACTrace) -> MeasuredHold:
        """Measure the next hold, or the junction of the next trace beside an alternating bias."""
        found = measured_trace(hold) if isinstance(hold, ACTrace) else measured(hold, self._rules)
        self.holds.append(found)
        return found

    def run(self) -> ThermopowerRun:
        """Return the holds so far."""
        return ThermopowerRun(self._name, tuple(self.holds), self._thermometer, self._lead)


def lead_of(header: RunHeader) -> Lead:
    """Return the heated lead of the rig file; a gold film if it does not say."""
    heater = (header.rig or {}).get("heater") or {}
    seebeck, sigma = heater.get("lead_V_per_K"), heater.get("lead_uncertainty_V_per_K")
    return GOLD_FILM if seebeck is None or sigma is None else Lead(float(seebeck), float(sigma))


def rules_of(header: RunHeader) -> HoldRules:
    """Return the times around an edge that are left out, from the current amplifier's rise time."""
    filters = filters_of(header.settings)
    mains_Hz = float((header.rig or {}).get("mains_Hz", 50.0))
    settle_s = max(TIME_CONSTANTS * filters.current_s, LEAST_SETTLING_S)
    return HoldRules(settle_s, mains_Hz=mains_Hz, filters=filters)


def evaluate(holds: Iterable[ThermopowerHold | ACTrace], header: RunHeader, name: str) -> ThermopowerRun:
    """Evaluate all holds of one recording; errors as of `ThermopowerReducer`."""
    reducer = ThermopowerReducer(header, name)
    for hold in holds:
        reducer.feed(hold)
    return reducer.run()


def combine(runs: Sequence[ThermopowerRun], rng: np.random.Generator) -> ThermopowerAnalysis:
    """Combine recordings of the measurement, and compare its controls.

    Raises
    ------
    ValueError
        If a recording has no hold at dT = 0, which gives the zero of its thermometer.
    """
    kinds: dict[str, list[PlacedHold]] = {}
    for run in runs:
        seebeck = run.thermometer.seebeck_V_per_K
        here = placed(run.holds, seebeck) if run.holds else ()
        kinds.setdefault(run.control, []).extend(as_if_heated(here) if run.control == DUMMY else here)
    scale = max((run.thermometer.temperature_relative for run in runs), default=0.0)
    results = {kind: summarise(holds, scale, rng) for kind, holds in kinds.items()}
    measurement = results.pop("", None) or summarise((), scale, rng)
    lead = next((run.lead for run in runs if not run.control), GOLD_FILM)
    return with_controls(replace(measurement, lead=lead), tuple(results.items()))
