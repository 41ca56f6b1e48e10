"""I-V curves from files, one for each junction."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.fitting.jackknife import MOST_ONE_BY_ONE
from analysis.importers import ForeignFile, ImportOptions
from analysis.importers.imported import SWEEP
from analysis.iv.columns import read_columns
from analysis.iv.junction_curves import Average, JunctionCurves
from analysis.iv.mean import mean_iv
from analysis.iv.sweeps import has_sweeps, junction_sweeps
from analysis.recording import Recording, RecordingError
from analysis.records import EventKind, FloatArray

_MOST_VOLTAGES = 200
_RECORDING_ENDINGS = (".h5", ".hdf5", ".nxs")


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of one junction in the order of the file, arrays of shape (n,); ``sigma_A`` if the file has it.

    ``remarks`` are sentences for the user about assumptions and omitted points.
    """

    source: str
    voltage_V: FloatArray
    current_A: FloatArray
    sigma_A: FloatArray | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class IVCurves:
    """Content of files: a curve for each junction, the names of the files, and notes on omitted data."""

    curves: tuple[Curve, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_curves(paths: Sequence[Path], options: ImportOptions | None = None) -> IVCurves:
    """Read I-V curves from recordings or from columns of text, one for each junction.

    Columns are recognised by their names (voltage, V, bias ...; current, I ...; sigma, std, error ...), and converted
    if the heading or ``options`` gives a unit; columns without names are volts, amperes and, if
    there is a third, the uncertainty in amperes. An uncertainty without a unit has that of the current. A file
    of columns counts as one junction; files that hold the same values count once. Recordings of held junctions give
    a curve for each junction.

    Raises
    ------
    ValueError
        For a file without voltage and current, or with an unknown unit; the message names it.
    """
    try:
        recordings = [path for path in paths if path.suffix.lower() in _RECORDING_ENDINGS]
        swept = [path for path in recordings if has_sweeps(path)]
        from_files = [
            curve
            for path in paths
            if path not in swept
            for curve in (_of_samples(path) if path in recordings else [_of_columns(path, options)])
        ]
        curves, notes = _distinct(from_files)
        notes += [remark for curve in curves for remark in curve.remarks]
        if swept:
            held, left_out = _of_sweeps(swept)
            curves, notes = [*curves, *held], [*notes, *left_out]
    except (ForeignFile, RecordingError) as error:
        raise ValueError(str(error)) from None
    if len(curves) > 1 and any(curve.sigma_A is not None for curve in curves):
        notes.append(
            "Uncertainties in the files are not used: the scatter of the junctions gives the errors."
        )
    return IVCurves(tuple(curves), tuple(path.name for path in paths), tuple(notes))


def junction_curves(
    curves: Sequence[Curve], average: Average = "mean", notes: Sequence[str] = ()
) -> JunctionCurves:
    """Put curves on one grid, a row for each junction: the mean of its sweeps, of ln|I| for "log".

    Voltages are those of the data if they repeat, otherwise at most 200 equal steps. A single curve is taken as
    repeated sweeps of one junction: each row is then a stretch of its points in their order.

    "log" is for junctions whose currents differ by factors; points whose current and voltage differ in sign are
    noise about zero and are left out.

    Raises
    ------
    ValueError
        If no point is left.
    """
    row = np.concatenate([np.full(c.voltage_V.size, i) for i, c in enumerate(curves)])
    voltage = np.concatenate([c.voltage_V for c in curves])
    current = np.concatenate([c.current_A for c in curves])
    good = np.isfinite(voltage) & np.isfinite(current)
    remarks = list(notes)
    if average == "log":
        signed = voltage * current > 0
        if wrong := int(np.count_nonzero(good & ~signed & (voltage != 0))):
            remarks.append(
                f"{wrong} points left out, whose current and voltage differ in sign: they have no logarithm."
            )
        good &= signed
    row, voltage, current = row[good], voltage[good], current[good]
    if not voltage.size:
        raise ValueError(
            "no point has a voltage and a current" + (" of the same sign" if average == "log" else "")
        )
    place = _places(voltage)
    if len(curves) == 1:
        row = _stretches(place)
    shape = len(curves) if len(curves) > 1 else int(row.max()) + 1, int(place.max()) + 1
    cell = row * shape[1] + place
    number = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    signal = np.log(np.abs(current)) if average == "log" else current
    total = np.bincount(cell, signal, minlength=shape[0] * shape[1]).reshape(shape)
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    at_V = np.bincount(place, voltage) / np.bincount(place)
    rows = np.sign(at_V) * np.exp(mean) if average == "log" else mean
    unit: Literal["junction", "sweep"] = "junction" if len(curves) > 1 else "sweep"
    return JunctionCurves(at_V, rows, average, unit, tuple(remarks))


def _distinct(curves: Sequence[Curve]) -> tuple[list[Curve], list[str]]:
    """Return the curves without repetitions of the same values, and a note on each repetition."""
    kept: list[Curve] = []
    notes: list[str] = []
    for curve in curves:
        same = next((x for x in kept if _same(x, curve)), None)
        if same is None:
            kept.append(curve)
        else:
            notes.append(
                f"{curve.source} holds the same values as {same.source}: one junction, counted once."
            )
    return kept, notes


def _same(first: Curve, second: Curve) -> bool:
    return np.array_equal(first.voltage_V, second.voltage_V, equal_nan=True) and np.array_equal(
        first.current_A, second.current_A, equal_nan=True
    )


def _places(voltage: FloatArray) -> NDArray[np.intp]:
    """Return the index of the voltage, or voltage step, of each point."""
    span = max(float(np.ptp(voltage)), 1e-12)
    _, place, count = np.unique(np.round(voltage / (1e-6 * span)), return_inverse=True, return_counts=True)
    most = _MOST_VOLTAGES if (count < 2).mean() > 0.5 else 5 * _MOST_VOLTAGES
    if count.size > most:
        low = voltage.min()
        steps = np.minimum(((voltage - low) / span * _MOST_VOLTAGES).astype(np.intp), _MOST_VOLTAGES - 1)
        _, place = np.unique(steps, return_inverse=True)
    return np.asarray(place, dtype=np.intp)


def _stretches(place: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of the sweep of each point of one curve, up to 50 sweeps.

    The points of each voltage are distributed over the sweeps in order: the first of two to the first sweep.
    """
    count = np.bincount(place)
    sweeps = min(int(np.median(count)), MOST_ONE_BY_ONE)
    order = np.argsort(place, kind="stable")
    within = np.arange(place.size) - np.repeat(np.cumsum(count) - count, count)
    row = np.empty(place.size, dtype=np.intp)
    row[order] = within * max(sweeps, 1) // np.repeat(np.maximum(count, sweeps), count)
    return row


def _of_columns(path: Path, options: ImportOptions | None) -> Curve:
    columns = read_columns(path, options)
    return Curve(path.name, columns.voltage_V, columns.current_A, columns.sigma_A, columns.remarks)


def _of_sweeps(paths: Sequence[Path]) -> tuple[list[Curve], list[str]]:
    """Return a curve for each held junction of recordings, both directions of its sweeps averaged."""
    iv = mean_iv(junction_sweeps(paths))
    source = ", ".join(path.name for path in paths)
    curves = [
        Curve(f"{source}, junction {i}", iv.voltage_V, row) for i, row in enumerate(iv.by_junction_A, 1)
    ]
    if not iv.dropped:
        return curves, []
    reasons = ", ".join(f"{number} {reason}" for reason, number in iv.dropped.items())
    return curves, [f"{source}: {sum(iv.dropped.values())} curves left out ({reasons})."]


def _of_samples(path: Path) -> list[Curve]:
    """Return the voltage across the junction and the current of a recording: one curve, or each imported sweep."""
    with Recording(path) as recording:
        units = {channel.name: channel.unit for channel in recording.header.channels}
        settings = recording.header.settings
        gain = 1.0 if units.get("current") == "A" else float(settings.get("current_gain_V_per_A") or 0.0)
        sign = -1.0 if settings.get("current_inverting") else 1.0
        if not {"bias", "current"} <= units.keys() or not gain:
            raise ValueError(
                f"{path}: the recording lacks bias, current, or the gain of its current amplifier"
            )
        series_ohm = float(settings.get("series_resistance_ohm") or 0.0)
        offset = float(settings.get("current_offset_V") or 0.0)
        changes = [
            (event.sample, float(event.payload["value"]))
            for event in recording.events
            if event.kind is EventKind.SETTING and event.name == "current_gain_V_per_A"
        ]
        voltages, currents = [np.empty(0)], [np.empty(0)]
        for block in recording.blocks(channels=("bias", "current")):
            sample = block.first + np.arange(len(block))
            gains = np.full(len(block), gain)
            for start, value in changes:
                gains[sample >= start] = value
            currents.append(sign * (block.channel("current") - offset) / gains)
            voltages.append(block.channel("bias") - currents[-1] * series_ohm)
        voltage_V, current_A = np.concatenate(voltages), np.concatenate(currents)
        sweeps = [entry for entry in recording.traces if SWEEP in entry.flags]
        if not sweeps:
            if recording.traces:
                raise ValueError(f"{path}: the recording holds opening traces and no I-V curves")
            return [Curve(path.name, voltage_V, current_A)]
        return [Curve(x.source, voltage_V[x.start : x.stop], current_A[x.start : x.stop]) for x in sweeps]
