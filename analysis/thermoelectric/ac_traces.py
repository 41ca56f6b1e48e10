"""Openings beside an alternating bias: conductance by a lock-in, open-circuit voltage by the mean of the same current.

    I = G (V - V_off - S dT) + I_off,   V_oc = mean V - (mean I - I_off) / G

The metallic contact at the beginning of each trace gives V_off. Boxcars with the conductance of the window,
unchanged by more than 30 % from one to the next, give the voltage of the junction. Both filters are the same, so that
both see the same junction.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.recording import Recording, RunHeader
from analysis.records import FloatArray
from analysis.segmentation import (
    CHANNELS,
    THERMOMETER_RAILED,
    Cutter,
    RecordSegmenter,
    Segment,
    calibration_for,
    number_or_nan,
    records_of,
    thermocouple_full_scale_V,
    thermocouple_gain,
)
from analysis.spectra.demodulated import ADDED, PARTS, amplitudes
from analysis.spectra.sine import METALLIC_S, ComplexPoints, Demodulation, Response, Sine, SineBias
from analysis.thermoelectric.contact_offset import Contact
from analysis.thermoelectric.open_circuit import OpenCircuit
from analysis.thermoelectric.thermopower_hold import MeasuredHold

STEP, MARK = "withdraw", "ac trace"

MOST_CHANGE = 0.3
"""Largest relative change of the conductance between neighbouring boxcars of a junction."""

LEAST_BOXCARS = 3


@dataclass(frozen=True, eq=False)
class ACTrace:
    """One opening beside an alternating bias; arrays of shape (n,), as of `ThermopowerHold`.

    ``lag_s`` is that of the current in the metallic contact, ``stray_S`` the admittance with the tip away. ``points``
    are the amplitudes of a demodulated recording, whose other arrays hold means.
    """

    samples: tuple[int, int]
    rate_Hz: float
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    railed: NDArray[np.bool_]
    sine: Sine
    lag_s: float
    stray_S: complex
    average_s: float
    series_ohm: float
    window_G0: tuple[float, float]
    notes: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    points: ComplexPoints | None = None

    @property
    def control(self) -> str:
        """Name of the control experiment; "" for the measurement itself."""
        return str(self.notes.get("control") or "")

    @property
    def difference_K(self) -> float:
        """Wanted T_tip - T_substrate."""
        return number_or_nan(self.notes.get("dT_K"))

    def response(self) -> Response:
        """Return the lock-in's boxcars."""
        known = SineBias(self.sine, self.average_s, self.lag_s, 0.0)
        length = known.boxcar(self.rate_Hz, self.points)
        demodulation = Demodulation(
            self.sine, self.rate_Hz, length, self.lag_s, self.series_ohm, self.stray_S
        )
        return demodulation.response(self.bias_V, self.current_A, self.points)


class ACSegmenter(RecordSegmenter[ACTrace]):
    """Reducer that yields an `ACTrace` at its mark, at the next trace, or at the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
    header : RunHeader
    """

    def __init__(self, calibration: CurrentCalibration, thermocouple_gain: float, header: RunHeader) -> None:
        super().__init__(
            Cutter(
                STEP,
                MARK,
                calibration,
                thermocouple_gain,
                PARTS if header.demodulated else (),
                thermocouple_full_scale_V(header),
            )
        )
        self._rate_Hz, self._series_ohm = header.rate_Hz, calibration.series_resistance_ohm
        self._signed_gain_V_per_A = calibration.signed_gain_V_per_A

    def _record(self, segment: Segment) -> ACTrace:
        notes = {**segment.begin, **segment.mark}
        unknown = {"rms_V": math.nan, "frequency_Hz": "1", "lag_s": 0.0, "average_s": 1.0}
        known = SineBias.from_json(notes.get("sine") or unknown)
        low, high = notes.get("window_G0") or (None, None)
        points = amplitudes(segment.beside, self._signed_gain_V_per_A)
        return ACTrace(
            samples=segment.samples,
            rate_Hz=self._rate_Hz,
            bias_V=segment.bias_V,
            current_A=segment.current_A,
            thermocouple_V=segment.thermocouple_V,
            railed=segment.railed,
            sine=known.sine,
            lag_s=known.lag_of_contact_s(segment.bias_V, segment.current_A, self._rate_Hz, points),
            stray_S=known.stray_S,
            average_s=known.average_s,
            series_ohm=self._series_ohm,
            window_G0=(number_or_nan(low), number_or_nan(high)),
            notes=notes,
            flags=segment.flags,
            points=points,
        )


@dataclass(frozen=True, eq=False)
class ACPoints:
    """Boxcars of one trace: conductance in G0, open-circuit voltage less that of the contact; shapes (n,).

    ``displacement_m`` counts from the last boxcar of the metallic contact; NaN without one, or without the tip's speed.
    ``contact_V`` is NaN, and nothing is subtracted, without a metallic contact.
    """

    conductance_G0: FloatArray
    voltage_V: FloatArray
    displacement_m: FloatArray
    contact_V: float
    sigma_V: FloatArray
    sigma_contact_V: float
    junction: NDArray[np.bool_]
    length: int


def points_of(trace: ACTrace) -> ACPoints:
    """Return conductance and voltage along a trace, and the boxcars that show the junction."""
    found = trace.response()
    G, n = found.conductance_S, len(found.bias_V)
    boxcars = slice(0, n * found.length)
    railed = trace.railed[boxcars].reshape(n, -1).any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        voltage_V = found.bias_V - found.current_A / G
        sigma_V = _noise_A(trace, found) / np.abs(G)
        change = np.abs(np.diff(G)) / np.abs(G[:-1])
    steady = np.concatenate([change < MOST_CHANGE, [False]]) & np.concatenate([[False], change < MOST_CHANGE])
    low, high = trace.window_G0
    inside = (low * G0_S <= G) & (high * G0_S >= G)
    metal = (G >= METALLIC_S) & ~railed & ~inside
    weight = 1.0 / sigma_V[metal] ** 2 if metal.any() else np.empty(0)
    contact_V = float(weight @ voltage_V[metal] / weight.sum()) if weight.size else math.nan
    return ACPoints(
        conductance_G0=G / G0_S,
        voltage_V=voltage_V - (contact_V if weight.size else 0.0),
        displacement_m=_displacement_m(trace, metal, found.length),
        contact_V=contact_V,
        sigma_V=sigma_V,
        sigma_contact_V=float(weight.sum()) ** -0.5 if weight.size else math.nan,
        junction=inside & steady & ~railed,
        length=found.length,
    )


def _displacement_m(trace: ACTrace, metal: NDArray[np.bool_], length: int) -> FloatArray:
    """Return the way of the tip since the end of the contact, shape (n,)."""
    last = np.flatnonzero(metal)[-1] if metal.any() else math.nan
    step_m = number_or_nan(trace.notes.get("speed_m_per_s")) * length / trace.rate_Hz
    return np.asarray(step_m * (np.arange(len(metal)) - last))


def _noise_A(trace: ACTrace, found: Response) -> FloatArray:
    """Return the standard error of the mean current of each boxcar, from the noise beside the sine; shape (n,)."""
    n, length = len(found.bias_V), found.length
    period = trace.sine.period_samples(trace.rate_Hz) if trace.points is None else 1
    periods = trace.current_A[: n * length].reshape(n, length // period, period)
    about_A = periods - periods.mean(axis=1, keepdims=True) if length > period else periods
    freedom = max(length - period, 1)
    return np.asarray(np.sqrt((about_A**2).sum(axis=(1, 2)) / freedom / length))


def measured_trace(trace: ACTrace) -> MeasuredHold:
    """Return the voltage of a trace's junction, in the form of a hold, so that both are combined alike."""
    points, rejected = points_of(trace), _left_out(trace)
    here, notes = points.junction, trace.notes
    count = int(here.sum())
    if not rejected and count < LEAST_BOXCARS:
        rejected = "no steady junction in the window"
    fit, seen = OpenCircuit(*[math.nan] * 6), np.isfinite(trace.thermocouple_V)
    if count:
        G = float(points.conductance_G0[here].mean()) * G0_S
        own_V = points.voltage_V[here].mean() + (0.0 if math.isnan(points.contact_V) else points.contact_V)
        sigma_V = float(np.sqrt((points.sigma_V[here] ** 2).mean() / count))
        if count > 1:  # what changes from boxcar to boxcar is more than the noise beside the sine
            sigma_V = max(sigma_V, float(points.voltage_V[here].std(ddof=1)) / math.sqrt(count))
        fit = OpenCircuit(G, float(own_V), -G * float(own_V), math.nan, sigma_V, G * sigma_V)
    return MeasuredHold(
        number=int(notes.get("number", 0)),
        sample=trace.samples[0],
        difference_K=trace.difference_K,
        control=trace.control,
        heater_V=float(notes.get("heater_V", math.nan)),
        fit=fit,
        contact_offset_V=points.contact_V,
        sigma_contact_V=points.sigma_contact_V,
        thermocouple_V=float(trace.thermocouple_V[seen].mean()) if seen.any() else math.nan,
        ambient_K=float(notes.get("ambient_K", 300.0)),
        base_rise_K=float(notes.get("base_rise_K", 0.0)),
        substrate_rise_K=float(notes.get("substrate_rise_K", 0.0)),
        rejected=rejected,
        contact=Contact.NONE if math.isnan(points.contact_V) else Contact.OWN,
    )


def _left_out(trace: ACTrace) -> str:
    """Return why a whole trace is left out; "" if it is used."""
    for flag, reason in (
        ("aborted", "aborted"),
        ("gap", "samples are missing"),
        (THERMOMETER_RAILED, "thermometer at its rail"),
    ):
        if flag in trace.flags:
            return reason
    return ""


def ac_traces(recording: Recording) -> Iterator[ACTrace]:
    """Yield the traces of a recording, in order; only their samples are read.

    Raises
    ------
    RecordingError
        If a gain or a channel is missing.
    """
    header = recording.header
    segmenter = ACSegmenter(calibration_for(recording), thermocouple_gain(recording), header)
    added = ADDED if header.demodulated else ()
    yield from records_of(recording, segmenter, (STEP,), (*CHANNELS, *added))
