"""The heater: its rise per watt, its time constant, and its leak into the current."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.calibration.heater import (
    Change,
    HeaterResponse,
    HeaterStretch,
    Part,
    heater_responses,
    time_constant_s,
)
from analysis.heating.mask import filters_of
from analysis.heating.significance import SEEN_SIGMAS
from analysis.heating.thermometer import Thermometer
from analysis.numbers import ASCII, counted, with_error
from analysis.recording import Recording
from analysis.records import FloatArray
from analysis.segmentation import RAIL_SHARE, thermocouple_full_scale_V
from analysis.thermoelectric.heater_inputs import HeaterInputs
from analysis.traces.read import calibration_of
from app.calibration.result import (
    CalibratedQuantity,
    CalibrationResult,
    PreviousCalibration,
    left_out,
    spans_of,
    when_of,
)
from app.calibration.rig_parts import CROSSTALK
from app.config.calibration_store import HeaterRecord
from app.config.heater import HeaterSection
from app.config.rig import Rig
from procedures.calibrate_heater import CalibrateHeater

LEAST_SETTLED = 5.0
"""Least time between a change of the heater and the middle of a stretch, in time constants."""

MATTERS = 1e-3
"""Share of the rise below which a leak into the thermometer does not matter; cross-talk of the card is smaller."""

RESOLVED = 3.0
"""Least time constant in its errors; below it only the rig file's is known."""

Span = tuple[int, int]


def named_heater(rig: Rig) -> HeaterSection:
    """Return the heater of a rig. Raises ``ValueError`` if its file has none."""
    if rig.heater is None:
        raise ValueError("the rig file has no heater: add the table [heater]")
    return rig.heater


class _Inputs:
    """Inputs of a recording beside the heater: the temperature of what it heats, of the base, and the current."""

    def __init__(self, recording: Recording, where: str) -> None:
        header = recording.header
        self.recording, self.where = recording, where
        self.heater = HeaterInputs.of(header)
        if not self.heater.readback:
            raise ValueError(f"{recording.path}: the read-back of the heater was not recorded")
        self.thermometer = Thermometer.from_calibrations(header.calibrations) if where == "tip" else None
        self.gain = float(header.settings.get("thermocouple_gain", math.nan))
        self.current = calibration_of(header)
        self.names = [name for name in ("current", *self.heater.names) if name]
        if where == "tip":
            self.names.append("thermocouple")
        self.rail_V = RAIL_SHARE * thermocouple_full_scale_V(header)
        filters = filters_of(header.settings)
        self.filter_s = filters.poles * filters.thermometer_s if where == "tip" else 0.0

    def read(self, start: int, stop: int) -> dict[str, FloatArray]:
        """Return the samples of every input, with "rise" in K, "watts" and "amperes"; NaN at an amplifier's rail."""
        samples = self.recording.samples(start, stop, tuple(self.names))
        read = dict(zip(self.names, samples, strict=True))
        if self.current is not None:
            read["current"] = np.where(self.current.railed(read["current"]), np.nan, read["current"])
        if "thermocouple" in read:
            railed = np.abs(read["thermocouple"]) >= self.rail_V
            read["thermocouple"] = np.where(railed, np.nan, read["thermocouple"])
        read["watts"] = read[self.heater.readback] ** 2 / self.heater.resistance_ohm
        if self.current is not None:
            read["amperes"] = self.current.current_A(read["current"])
        if self.thermometer is None:
            read["rise"] = read[self.heater.base if self.where == "base" else self.heater.substrate]
        else:
            read["rise"] = -read["thermocouple"] / self.gain / self.thermometer.seebeck_V_per_K
            if self.heater.base:
                read["rise"] = read["rise"] + read[self.heater.base]
        return read

    def whole(self, spans: Sequence[Span]) -> list[Span]:
        """Return the spans all of whose samples were measured."""
        return [span for span in spans if all(np.isfinite(one).all() for one in self.read(*span).values())]

    def stretch(self, start: int, stop: int) -> HeaterStretch:
        """Return the means of a stretch: of the rise, of the current, of the base."""
        read = self.read(start, stop)
        values = [read["rise"].mean(), read["amperes"].mean()]
        if self.heater.base:
            values.append(read[self.heater.base].mean())
        volts, watts = read[self.heater.readback].mean(), read["watts"].mean()
        return HeaterStretch(0.5 * (start + stop), float(volts), float(watts), np.array(values))


def heater(recording: Recording, values: Mapping[str, Any], known: PreviousCalibration) -> CalibrationResult:
    """Return rise, time constant and leak of the heater. Raises ``ValueError`` if they are not determined."""
    section = named_heater(known.rig)
    inputs = _Inputs(recording, section.where)
    names = (CalibrateHeater.on, CalibrateHeater.off)
    recorded = {name: list(spans_of(recording, name)) for name in names}
    spans = {name: inputs.whole(some) for name, some in recorded.items()}
    on, off = ([inputs.stretch(*span) for span in some] for some in spans.values())
    rise, current, *base = heater_responses(on, off)
    if not rise.per_W.value > 0.0:
        raise ValueError(f"the {section.where} did not warm ({rise.per_W.value:.3g} K/W): check the heater")
    stretches = sorted(span for some in recorded.values() for span in some)
    follows = time_constant_s(list(_changes(inputs, stretches)), recording.rate_Hz, inputs.filter_s)
    resolved = follows.value > RESOLVED * follows.sigma
    if resolved:
        settled = _settled(stretches, recording.rate_Hz, follows.value)
        left = math.exp(-settled)
        follows = replace(follows, sigma=math.hypot(follows.sigma, (1.0 + settled) * left * follows.value))
    else:
        left = 0.0
    relative = math.hypot(_scale(inputs, section), CROSSTALK, 2.0 * left)
    sigma = math.hypot(rise.per_W.sigma, relative * rise.per_W.value)
    probe = known.rig.probe
    record = HeaterRecord(
        **when_of(recording),
        method=f"{counted(len(on), 'time')} on and off, up to {max(one.power_W for one in on):.3g} W",
        where=section.where,
        probe=probe.id if probe is not None and section.where != "substrate" else "",
        kelvin_per_W=rise.per_W.value,
        kelvin_per_W_uncertainty=sigma,
        time_constant_s=follows.value if resolved else None,
        time_constant_uncertainty_s=follows.sigma if resolved else None,
        leak_A_per_V=_finite(current.per_V.value),
        leak_uncertainty_A_per_V=_finite(current.per_V.sigma),
    )
    before = known.store.newest(HeaterRecord, where=record.where, probe=record.probe)
    before_sigma = before.kelvin_per_W_uncertainty if before else 0.0
    quantities = [
        CalibratedQuantity(
            f"rise of the {section.where}", "K/W", record.kelvin_per_W, sigma, section.kelvin_per_W, before_sigma
        )
    ]  # fmt: skip
    if resolved:
        quantities.append(CalibratedQuantity("time constant", "s", follows.value, follows.sigma))
    if record.leak_A_per_V is not None:
        quantities.append(
            CalibratedQuantity("leak into the current", "A/V", current.per_V.value, current.per_V.sigma)
        )
    remarks = [
        *_time_remark(follows, resolved, section.where),
        *_remarks(rise, current, base, on, section),
        *left_out("stretches", len(on) + len(off), len(stretches)),
    ]
    return CalibrationResult(record, tuple(quantities), tuple(remarks))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _scale(inputs: _Inputs, section: HeaterSection) -> float:
    """Return the relative error of the scale: of the heater's resistance, and of the thermocouple."""
    relative = section.resistance_uncertainty_ohm / section.resistance_ohm
    if inputs.thermometer is None:
        return relative
    uncertainty = inputs.thermometer.seebeck_uncertainty_V_per_K / inputs.thermometer.seebeck_V_per_K
    return math.hypot(relative, uncertainty if math.isfinite(uncertainty) else 0.0)


def _settled(spans: Sequence[Span], rate_Hz: float, time_constant: float) -> float:
    """Return the time after a change, in time constants. Raises ``ValueError`` if it was too short."""
    waits = [0.5 * (start + stop) - before for (_, before), (start, stop) in pairwise(spans)]
    settled = min(waits) / rate_Hz / time_constant
    if settled < LEAST_SETTLED:
        raise ValueError(
            f"the temperature follows in {time_constant:.3g} s, but was read {settled * time_constant:.3g} s after "
            f"each change: give --settle-time {math.ceil(8 * time_constant):g} or more"
        )
    return settled


def _changes(inputs: _Inputs, spans: Sequence[Span]) -> Iterator[Change]:
    """Yield what was recorded from the middle of each stretch to the end of the next."""
    for (start, stop), (later, end) in pairwise(spans):
        if inputs.whole([(start, end)]):
            read = inputs.read((start + stop) // 2, end)
            before = float(inputs.read(start, stop)["rise"].mean())
            yield Change(read["watts"], read["rise"], before, float(read["rise"][later - end :].mean()))


def _time_remark(follows: Part, resolved: bool, where: str) -> Iterator[str]:
    if not resolved:
        longest_s = max(follows.value, 0.0) + 2.0 * follows.sigma
        yield (
            f"the {where} follows within {1e3 * longest_s:.2g} ms: its time constant is too short to be measured here"
        )


def _remarks(
    rise: HeaterResponse,
    current: HeaterResponse,
    base: Sequence[HeaterResponse],
    on: Sequence[HeaterStretch],
    section: HeaterSection,
) -> Iterator[str]:
    """Yield further effects of the heater, and leaks, which no heat makes."""
    largest_V, largest_W = max(abs(one.heater_V) for one in on), max(one.power_W for one in on)

    def seen(part: Part) -> bool:
        return part.sigma > 0.0 and abs(part.value) > SEEN_SIGMAS * part.sigma

    for one in base:
        if section.where != "base" and seen(one.per_W):
            yield f"the base rises by {with_error(one.per_W.value, one.per_W.sigma, ASCII)} K/W, too"
    odd_K = abs(rise.per_V.value) * largest_V
    if seen(rise.per_V) and odd_K > MATTERS * rise.per_W.value * largest_W:
        yield (
            f"LOOK: {with_error(rise.per_V.value, rise.per_V.sigma, ASCII)} K/V of the rise change sign with the "
            "heater's voltage: an electrical leak into the thermometer"
        )
    if seen(current.per_W):
        yield (
            f"LOOK: the current changes by {with_error(1e9 * current.per_W.value, 1e9 * current.per_W.sigma, ASCII)} "
            "nA/W whatever the sign of the heater's voltage: the amplifier or a cable is warmed"
        )
