"""I-V curves from files, and their mean with its spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.fit_data import CurrentData, LogCurrentData
from analysis.heating.sweeps import STEP as SWEEP
from analysis.heating.sweeps import sweeps_of
from analysis.importers import ForeignFile
from analysis.iv_columns import read_columns
from analysis.iv_mean import mean_iv
from analysis.recording import Recording, RecordingError
from analysis.records import EventKind, FloatArray

_MOST_VOLTAGES = 200
_RECORDING_ENDINGS = (".h5", ".hdf5", ".nxs")


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of one file in the order of the file, arrays of shape (n,); ``sigma_A`` where the file has it.

    ``remarks`` are sentences for the user: what was assumed of the file, and what was left out.
    """

    source: str
    voltage_V: FloatArray
    current_A: FloatArray
    sigma_A: FloatArray | None = None
    remarks: tuple[str, ...] = ()


def read_curve(path: Path, units: Mapping[str, str] | None = None) -> Curve:
    """I-V points of a recording, or of columns of text.

    Columns are known by their names (voltage, V, bias ...; current, I ...; sigma, std, error ...), and converted
    where the heading or ``units`` ("current": "nA") gives a unit; columns without names are volts, amperes and, if
    there is a third, the uncertainty in amperes. An uncertainty without a unit has that of the current.

    Raises
    ------
    ValueError
        A file without voltage and current, or with a unit that is not known; the message names it.
    """
    try:
        return _of_recording(path) if path.suffix.lower() in _RECORDING_ENDINGS else _of_columns(path, units)
    except (ForeignFile, RecordingError) as error:
        raise ValueError(str(error)) from None


def mean_curve(curves: Sequence[Curve]) -> CurrentData:
    """All points together: the mean current at each voltage and the standard deviation about it.

    The standard deviation is that of the points (the shade of a published curve), not of the mean. It is None where
    voltages do not repeat. Where there are more than 200 different voltages they are taken in 200 equal steps.
    A single curve that brings its own uncertainties keeps them.
    """
    if len(curves) == 1 and curves[0].sigma_A is not None:
        return CurrentData(curves[0].voltage_V, curves[0].current_A, curves[0].sigma_A)
    voltage = np.concatenate([c.voltage_V for c in curves])
    current = np.concatenate([c.current_A for c in curves])
    good = np.isfinite(voltage) & np.isfinite(current)
    voltage, current = voltage[good], current[good]
    if not voltage.size:
        raise ValueError("there is no point with a voltage and a current")
    place = _places(voltage)
    count = np.bincount(place)
    mean_V, mean_I = np.bincount(place, voltage) / count, np.bincount(place, current) / count
    if (count < 2).any():
        return (
            CurrentData(voltage, current)
            if (count < 2).mean() > 0.5
            else _spread(mean_V, mean_I, place, current, 2)
        )
    return _spread(mean_V, mean_I, place, current, 1)


def log_mean_curve(curves: Sequence[Curve]) -> LogCurrentData:
    """All points together: the geometric mean of |I| at each voltage, and the standard deviation of ln|I|.

    For junctions whose currents differ by factors rather than by amounts, such as large-area ones. Points whose
    current has not the sign of their voltage are noise about zero and are left out.
    """
    voltage = np.concatenate([c.voltage_V for c in curves])
    current = np.concatenate([c.current_A for c in curves])
    voltage, current = voltage[voltage * current > 0], current[voltage * current > 0]
    if not voltage.size:
        raise ValueError("there is no point whose current has the sign of its voltage")
    place = _places(voltage)
    count = np.bincount(place)
    size = np.log(np.abs(current))
    mean = np.bincount(place, size) / count
    deviation = np.sqrt(np.bincount(place, (size - mean[place]) ** 2) / np.maximum(count - 1, 1))
    kept = deviation > 0
    if not kept.any():
        raise ValueError("no voltage repeats: there is no spread to take a logarithmic mean over")
    at = (np.bincount(place, voltage) / count)[kept]
    return LogCurrentData(at, np.sign(at) * np.exp(mean[kept]), deviation[kept])


def _spread(
    mean_V: FloatArray, mean_I: FloatArray, place: NDArray[np.intp], current: FloatArray, least: int
) -> CurrentData:
    """Mean and standard deviation at the voltages with ``least`` points or more (two, for a deviation)."""
    count = np.bincount(place)
    variance = np.bincount(place, (current - mean_I[place]) ** 2) / np.maximum(count - 1, 1)
    kept = count >= max(least, 2)
    deviation = np.sqrt(variance[kept])
    positive = deviation[deviation > 0]
    if not positive.size:
        return CurrentData(mean_V[kept], mean_I[kept])
    return CurrentData(mean_V[kept], mean_I[kept], np.maximum(deviation, positive.min()))


def _places(voltage: FloatArray) -> NDArray[np.intp]:
    """Index of the voltage step that each point belongs to."""
    span = max(float(np.ptp(voltage)), 1e-12)
    _, place = np.unique(np.round(voltage / (1e-6 * span)), return_inverse=True)
    if place.max() >= _MOST_VOLTAGES:
        low = voltage.min()
        steps = np.minimum(((voltage - low) / span * _MOST_VOLTAGES).astype(np.intp), _MOST_VOLTAGES - 1)
        _, place = np.unique(steps, return_inverse=True)
    return np.asarray(place, dtype=np.intp)


def _of_columns(path: Path, units: Mapping[str, str] | None) -> Curve:
    columns = read_columns(path, units)
    return Curve(path.name, columns.voltage_V, columns.current_A, columns.sigma_A, columns.remarks)


def _of_recording(path: Path) -> Curve:
    """Mean of the sweeps of held junctions; without any, voltage across the junction and current of every sample."""
    with Recording(path) as recording:
        if any(event.kind is EventKind.STEP and event.name == SWEEP for event in recording.events):
            series_ohm = float(recording.header.settings.get("series_resistance_ohm") or 0.0)
            mean = mean_iv(sweeps_of(recording), series_ohm)
            spread = mean.sd_A if mean.junctions > 1 else None
            return Curve(path.name, mean.voltage_V, mean.current_A, spread)
        units = {channel.name: channel.unit for channel in recording.header.channels}
        settings = recording.header.settings
        gain = 1.0 if units.get("current") == "A" else float(settings.get("current_gain_V_per_A") or 0.0)
        if not {"bias", "current"} <= units.keys() or not gain:
            raise ValueError(
                f"{path}: a recording without bias, current, or the gain of its current amplifier"
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
            currents.append((block.channel("current") - offset) / gains)
            voltages.append(block.channel("bias") - currents[-1] * series_ohm)
        return Curve(path.name, np.concatenate(voltages), np.concatenate(currents))
