"""Evaluation of recordings beside an alternating bias: lag, capacitance, thermopower, voltage against conductance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from analysis.json_data import to_json
from analysis.recording.header import RunHeader
from analysis.records import Event, FloatArray
from analysis.spectra.sine import Sine
from analysis.thermoelectric.ac_load import ACAdmittance, admittance_of, load_controls, load_of
from analysis.thermoelectric.ac_traces import ACTrace, points_of
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_json import thermopower_json
from analysis.thermoelectric.thermopower_run import ThermopowerReducer, ThermopowerRun, combine

LOWEST_G0 = 1e-4
"""Conductance above which boxcars are kept for the picture."""

STEP_M, MOST_STEPS = 0.05e-9, 60
LEAST_POINTS = 5
"""Width and number of the steps of displacement, and least boxcars of one for its median."""


@dataclass(frozen=True, eq=False)
class ACRun:
    """Measured traces of one recording: junctions as holds, and all boxcars, arrays of shape (n,).

    ``lag_s`` is the median of the lags of the current in the contacts; NaN without traces. ``away`` was measured with
    the tip away, or with the ``load`` of a control in place of the junction.
    """

    run: ThermopowerRun
    sine: Sine | None
    lag_s: float
    away: ACAdmittance | None
    load: Mapping[str, Any] | None
    conductance_G0: FloatArray
    voltage_V: FloatArray
    difference_K: FloatArray
    displacement_m: FloatArray


@dataclass(frozen=True, eq=False)
class ACAnalysis:
    """Result of all recordings: alternating bias, lag, capacitance, thermopower, and boxcars for the picture."""

    sine: Sine | None
    lag_s: float
    capacitance_F: float
    thermopower: ThermopowerAnalysis
    conductance_G0: FloatArray
    voltage_V: FloatArray
    difference_K: FloatArray
    displacement_m: FloatArray

    @property
    def correlation(self) -> float:
        """Correlation of V_oc/dT and log G between heated junctions; NaN for fewer than five."""
        heated = [one for one in self.thermopower.holds if abs(one.reduced_K) > 1.0]
        if len(heated) < 5:
            return float("nan")
        line = self.thermopower.line
        intercept_V = 0.0 if line is None else line.intercept
        seebeck = [(one.hold.voltage_V - intercept_V) / one.reduced_K for one in heated]
        return float(np.corrcoef(seebeck, np.log10([one.hold.fit.conductance_S for one in heated]))[0, 1])

    def against_displacement(self) -> list[dict[str, float]]:
        """Return the median voltage in steps of 0.05 nm since the end of the contact, at each difference."""
        rows = []
        bins = np.floor(self.displacement_m / STEP_M)
        for wanted_K in np.unique(self.difference_K):
            here = self.difference_K == wanted_K
            for k in range(MOST_STEPS):
                volts = self.voltage_V[here & (bins == k)]
                if volts.size >= LEAST_POINTS:
                    row = {"displacement_m": (k + 0.5) * STEP_M, "dT_K": float(wanted_K)}
                    rows.append({**row, "median_V": float(np.median(volts)), "points": float(volts.size)})
        return rows

    def to_json(self) -> dict[str, object]:
        """Return the content for JSON."""
        content: dict[str, object] = to_json(
            {
                "frequency_Hz": float("nan") if self.sine is None else float(self.sine.frequency_Hz),
                "amplitude_V": float("nan") if self.sine is None else self.sine.rms_V,
                "lag_s": self.lag_s,
                "capacitance_F": self.capacitance_F,
                "correlation_S_log_G": self.correlation,
                "against_displacement": self.against_displacement(),
            }
        )
        return {**content, "thermopower": thermopower_json(self.thermopower)}


def evaluate_ac(traces: Iterable[ACTrace], events: Iterable[Event], header: RunHeader, name: str) -> ACRun:
    """Evaluate all traces of one recording. Raises ``UncalibratedThermometer`` as `ThermopowerReducer`."""
    reducer, sine = ThermopowerReducer(header, name), None
    rows: list[FloatArray] = []
    lags_s: list[float] = []
    for trace in traces:
        reducer.feed(trace)
        sine, points = trace.sine, points_of(trace)
        lags_s.append(trace.lag_s)
        seen = points.conductance_G0 >= LOWEST_G0
        G0, volts = points.conductance_G0[seen], points.voltage_V[seen]
        dT_K = np.full(G0.size, trace.difference_K)
        rows.append(np.stack([G0, volts, dT_K, points.displacement_m[seen]]))
    events = list(events)
    frequency_Hz = float(Fraction(str(header.parameters.get("ac_frequency_Hz") or 0)))
    return ACRun(
        reducer.run(),
        sine,
        float(np.median(lags_s)) if lags_s else float("nan"),
        admittance_of(events, frequency_Hz),
        load_of(events),
        *(np.concatenate(rows, axis=1) if rows else np.empty((4, 0))),
    )


def combine_ac(runs: Sequence[ACRun], rng: np.random.Generator) -> ACAnalysis:
    """Combine recordings of the measurement, and compare its controls. Raises ``ValueError`` as `combine`."""
    junctions = [one for one in runs if one.load is None]
    own = [one for one in junctions if not one.run.control] or junctions
    away = [one.away for one in own if one.away is not None]
    thermopower = combine([one.run for one in junctions], rng)
    lag_s = float(np.mean([one.lag_s for one in own])) if own else float("nan")
    loads = [
        control
        for one in runs
        if one.load is not None and one.away is not None and away
        for control in load_controls(one.load, one.away, away[0], lag_s)
    ]
    return ACAnalysis(
        next((one.sine for one in own if one.sine is not None), None),
        lag_s,
        float(np.mean([one.capacitance_F for one in away])) if away else float("nan"),
        replace(thermopower, controls=(*thermopower.controls, *loads)),
        *(
            np.concatenate([np.empty(0), *(getattr(one, name) for one in own)])
            for name in ("conductance_G0", "voltage_V", "difference_K", "displacement_m")
        ),
    )
