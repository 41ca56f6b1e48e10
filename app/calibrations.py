"""The calibration store: a folder beside the rig file, one small TOML file a calibration.

Nothing is ever written over: a new calibration is a new file, and for each thing the newest counts. The numbers of
the rig file itself count as calibrations of the date that they give (``calibrated``), the oldest of all where they
give none. docs/calibration.md explains the files.
"""

import json
import os
import re
import tempfile
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field

from app.rig import THERMOMETER_KEYS, NotNegative, Positive, Probe, Rig, load_rig
from app.toml_file import FileError, Section, load_toml

OLD_AFTER_DAYS = 365
"""A calibration older than that is worth doing again."""

Correlation = Annotated[float, Field(ge=-1, le=1)]


class Calibrated(Section):
    """What every record says: when it was found, how, and in which recording."""

    date: AwareDatetime
    method: str = ""
    recording: str = ""


class ThermometerRecord(Calibrated):
    """Thermal resistance and Seebeck coefficient of one probe.

    ``correlation`` of their errors: -1 where one was found as a known product over the other.
    """

    kind: Literal["thermometer"] = "thermometer"
    probe: str
    thermal_resistance_K_per_W: Positive
    thermal_resistance_uncertainty_K_per_W: Positive
    seebeck_V_per_K: Positive
    seebeck_uncertainty_V_per_K: Positive
    correlation: Correlation = 0.0


class NoiseRecord(Calibrated):
    """Noise of one probe's thermometer, referred to the preamplifier's input: white level and 1/f corner."""

    kind: Literal["noise"] = "noise"
    probe: str
    white_V_per_rtHz: Positive
    white_uncertainty_V_per_rtHz: NotNegative
    corner_Hz: NotNegative
    corner_uncertainty_Hz: NotNegative


class AmplifierRecord(Calibrated):
    """Gain and offset of the current amplifier at one of its settings."""

    kind: Literal["amplifier"] = "amplifier"
    setting_V_per_A: Positive
    gain_V_per_A: Positive
    gain_uncertainty_V_per_A: Positive
    offset_V: float
    offset_uncertainty_V: NotNegative


class PiezoRecord(Calibrated):
    """The piezo constant, seen from the DAQ's volts."""

    kind: Literal["piezo"] = "piezo"
    extension_nm_per_V: Positive
    uncertainty_nm_per_V: Positive


class LagRecord(Calibrated):
    """How much later an analogue input shows what an output puts out."""

    kind: Literal["lag"] = "lag"
    lag_s: float
    uncertainty_s: NotNegative
    rate_Hz: Positive


Record = ThermometerRecord | NoiseRecord | AmplifierRecord | PiezoRecord | LagRecord
RECORDS: dict[str, type[Record]] = {
    "thermometer": ThermometerRecord,
    "noise": NoiseRecord,
    "amplifier": AmplifierRecord,
    "piezo": PiezoRecord,
    "lag": LagRecord,
}
KindOfRecord = TypeVar("KindOfRecord", bound=Calibrated)


class _Kind(BaseModel):
    kind: Literal["thermometer", "noise", "amplifier", "piezo", "lag"]


class CalibrationStore:
    """All calibrations of one folder, which need not exist yet.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self) -> list[Record]:
        """Every calibration, oldest first. Raises ``FileError`` for a file that is none; it names file and key."""
        files = sorted(self.folder.glob("*.toml")) if self.folder.is_dir() else []
        return sorted((self._read(file) for file in files), key=lambda record: record.date)

    def newest(self, kind: type[KindOfRecord], **wanted: Any) -> KindOfRecord | None:
        """The newest of a kind whose fields are as wanted (``probe="N12"``); None if there is none."""
        found = (record for record in reversed(self.records()) if isinstance(record, kind))
        return next(
            (one for one in found if all(getattr(one, name) == value for name, value in wanted.items())), None
        )

    def save(self, record: Record) -> Path:
        """Write a record into a file of its own, whole or not at all. Raises ``FileError`` if it can't be."""
        stamp = record.date.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        stem = "-".join(part for part in (stamp, record.kind, _slug(_about(record))) if part)
        text = f"# Calibration of hotjunction. Nothing is written over: the newest of a kind counts.\n{_toml(record)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.folder, suffix=".part", delete=False
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            path = _free(self.folder, stem)
            Path(file.name).replace(path)
        except OSError as error:
            raise FileError(f"{self.folder}: the calibration can't be saved ({error.strerror})") from None
        return path

    def _read(self, file: Path) -> Record:
        kind = load_toml(file, _Kind).kind
        return load_toml(file, RECORDS[kind])


def store_of(rig_file: Path, rig: Rig) -> CalibrationStore:
    """The store that a rig file names, beside it."""
    return CalibrationStore(rig_file.parent / rig.calibrations)


def load_calibrated_rig(rig_file: Path, gain_V_per_A: float | None = None) -> Rig:
    """Read a rig file and what its store knows; optionally with another gain of the current amplifier.

    Raises ``FileError``.
    """
    rig = load_rig(rig_file)
    if gain_V_per_A is not None and gain_V_per_A != rig.current_amplifier.gain_V_per_A:
        amplifier = {"gain_V_per_A": gain_V_per_A, "measured_gain_V_per_A": None, "calibrated": "unknown"}
        rig = rig.model_copy(update={"current_amplifier": rig.current_amplifier.model_copy(update=amplifier)})
    return with_calibrations(rig, store_of(rig_file, rig))


def with_calibrations(rig: Rig, store: CalibrationStore) -> Rig:
    """The rig with the numbers of its newest calibrations in place of older ones in its file."""
    update: dict[str, Section] = {}
    piezo = store.newest(PiezoRecord)
    if piezo and piezo.date > when(rig.piezo.calibrated):
        update["piezo"] = rig.piezo.model_copy(
            update={
                "extension_nm_per_V": piezo.extension_nm_per_V,
                "relative_uncertainty": piezo.uncertainty_nm_per_V / piezo.extension_nm_per_V,
                "calibrated": piezo.date.isoformat(),
            }
        )
    amplifier = store.newest(AmplifierRecord, setting_V_per_A=rig.current_amplifier.gain_V_per_A)
    if amplifier and amplifier.date > when(rig.current_amplifier.calibrated):
        update["current_amplifier"] = rig.current_amplifier.model_copy(
            update={
                "measured_gain_V_per_A": amplifier.gain_V_per_A,
                "gain_relative_uncertainty": amplifier.gain_uncertainty_V_per_A / amplifier.gain_V_per_A,
                "offset_V": amplifier.offset_V,
                "calibrated": amplifier.date.isoformat(),
            }
        )
    if rig.probe:
        update["probe"] = _probe(rig.probe, store)
    return rig.model_copy(update=update)


def _probe(probe: Probe, store: CalibrationStore) -> Probe:
    found = store.newest(ThermometerRecord, probe=probe.id)
    if found is None or (probe.known and found.date <= when(probe.calibrated)):
        return probe
    numbers = {name: getattr(found, name) for name in (*THERMOMETER_KEYS, "correlation")}
    return probe.model_copy(update={**numbers, "calibrated": found.date.isoformat()})


NEVER = datetime.min.replace(tzinfo=UTC)


def when(calibrated: str) -> datetime:
    """When a rig file's numbers were found; ``NEVER`` where its text is no date."""
    try:
        moment = datetime.fromisoformat(calibrated)
    except ValueError:
        return NEVER
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_date(calibrated: str) -> bool:
    """Whether a rig file's text says when its numbers were found."""
    return when(calibrated) > NEVER


def age_days(moment: datetime, now: datetime) -> float:
    """Days from a calibration to now."""
    return (now - moment).total_seconds() / 86400


def thermometer_advice(rig: Rig, store: CalibrationStore, now: datetime) -> str:
    """What to do about the calibration of the rig's probe; "" if all is well. Takes a calibrated rig."""
    if rig.probe is None:
        return (
            "The rig file names no probe: add [probe] with its id, or no temperature can be told from volts."
        )
    if not rig.probe.known:
        known = sorted({record.probe for record in store.records() if isinstance(record, ThermometerRecord)})
        near = get_close_matches(rig.probe.id, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}."
        return f"Probe {rig.probe.id!r} has no calibration; {hint} See hotjunction calibrate thermometer."
    if not is_date(rig.probe.calibrated):
        return "Nobody says when its calibration was made: give its date in the rig file, or calibrate again."
    days = age_days(when(rig.probe.calibrated), now)
    return f"Its calibration is {days:.0f} days old: calibrate again." if days > OLD_AFTER_DAYS else ""


def _about(record: Record) -> str:
    """What of several a record is about: the probe, the setting."""
    if isinstance(record, ThermometerRecord | NoiseRecord):
        return record.probe
    return f"{record.setting_V_per_A:.0e}" if isinstance(record, AmplifierRecord) else ""


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def _free(folder: Path, stem: str) -> Path:
    """A file name that nobody has yet."""
    path, number = folder / f"{stem}.toml", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.toml", number + 1
    return path


def _toml(record: Record) -> str:
    """The record as TOML, one key a line, its kind first."""
    values = record.model_dump()
    lines = [f"kind = {_value(values.pop('kind'))}"]
    return "\n".join([*lines, *(f"{key} = {_value(value)}" for key, value in values.items())]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")  # a TOML string is a JSON string, but for DEL
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(float(value))
