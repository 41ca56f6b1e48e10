"""The calibration store: a folder beside the rig file, one small TOML file a calibration.

Files are never overwritten: a new calibration is a new file, and the newest of each kind counts. Only proofs of the
rig, of which there are several a day, go once a newer one is saved; each is in the recording of its run. The values of
the rig file count as calibrations of their date (``calibrated``), and as the oldest of all without one.
docs/how-to/calibration.md explains the files.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tomli_w
from pydantic import AwareDatetime, BaseModel, Field

from analysis.shared_files import remove_file, replace_file
from app.config.amplifier_sections import NotNegative, Positive
from app.config.amplifiers import CURRENT_AMPLIFIER, DEFAULTS
from app.config.rig import Rig
from app.config.toml import FileError, Section, of_kind, read_toml

Correlation = Annotated[float, Field(ge=-1, le=1)]


class Calibrated(Section):
    """Fields of every record: date, method and recording."""

    date: AwareDatetime
    method: str = ""
    recording: str = ""


class ThermometerRecord(Calibrated):
    """Thermal resistance and Seebeck coefficient of one probe.

    ``correlation`` of their errors is -1 if one was calculated from a known product and the other.
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


class HeaterRecord(Calibrated):
    """Rise of what a heater warms, for each watt, its time constant, and its leak into the current.

    ``probe`` is "" for a heater under the substrate. Without ``time_constant_s`` it was too short to be measured, and
    without ``leak_A_per_V`` the heater's voltage had one sign only.
    """

    kind: Literal["heater"] = "heater"
    where: Literal["tip", "base", "substrate"]
    probe: str = ""
    kelvin_per_W: Positive
    kelvin_per_W_uncertainty: NotNegative
    time_constant_s: NotNegative | None = None
    time_constant_uncertainty_s: NotNegative | None = None
    leak_A_per_V: float | None = None
    leak_uncertainty_A_per_V: NotNegative | None = None


class AmplifierRecord(Calibrated):
    """Gain and offset of a model of current amplifier at one of its settings.

    Records without ``model`` are older than other models than the default one, and those without ``inverting`` did
    not measure the sign.
    """

    kind: Literal["amplifier"] = "amplifier"
    model: str = DEFAULTS[CURRENT_AMPLIFIER]
    setting_V_per_A: Positive
    gain_V_per_A: Positive
    gain_uncertainty_V_per_A: NotNegative
    offset_V: float
    offset_uncertainty_V: NotNegative
    inverting: bool | None = None


class PiezoRecord(Calibrated):
    """Piezo constant relative to the volts of the DAQ."""

    kind: Literal["piezo"] = "piezo"
    extension_nm_per_V: Positive
    uncertainty_nm_per_V: NotNegative


class ChannelLag(Section):
    """Response of one channel to an edge of the looped-back bias.

    ``response`` is the share of the step that has arrived, from two samples before the edge on; ``scan_time_s`` is the
    time from the tick of the clock to the conversion of the channel.
    """

    first_arrival_s: float
    mean_lag_s: float
    time_constant_s: NotNegative
    response: list[float]
    scan_time_s: float | None = None


class LagRecord(Calibrated):
    """Lag of the inputs behind the outputs, and of each channel behind the bias.

    ``current_first_arrival_s`` is the delay from an edge of the looped-back bias to the first change of the current;
    negative if the bias is scanned first. The mean, ``current_lag_s``, does not give it. ``channels`` holds the whole
    response of each channel that follows the bias.
    """

    kind: Literal["lag"] = "lag"
    lag_s: float
    uncertainty_s: NotNegative
    current_lag_s: float | None = None
    current_first_arrival_s: float | None = None
    rate_Hz: Positive
    channels: dict[str, ChannelLag] = Field(default_factory=dict)


class ProofRecord(Calibrated):
    """Whole proof of a rig, on which later runs of the same day stand; only the newest is kept.

    ``rig_file`` and ``amplifiers`` are fingerprints of the rig and of its amplifiers' settings, ``card`` is the serial
    number of the card, ``numbers`` what was measured. ``withdrawn`` is the reason for which it counts no more;
    ``contact`` names the contact that last proved the cables of sample and probe.
    """

    kind: Literal["proof"] = "proof"
    proved: AwareDatetime
    rig_file: str
    card: int
    amplifiers: str
    numbers: dict[str, float] = Field(default_factory=dict)
    withdrawn: str = ""
    contact: str = ""


class CommissionRecord(Calibrated):
    """Commissioning of a rig: verdicts by step, and numbers by name of the step.

    ``rig_file`` is the fingerprint of the rig file, ``card`` the serial number of the card, ``program`` the version
    that commissioned, ``verdict`` the worst of the steps without a surface, ``rig_settings`` a fingerprint of the
    amplifiers' gains and filters, ``watchdog_tested`` when the watchdog was last tested with success.
    """

    kind: Literal["commission"] = "commission"
    rig_file: str
    card: int
    program: str = ""
    verdict: str = ""
    rig_settings: str = ""
    watchdog_tested: AwareDatetime | None = None
    verdicts: dict[str, str] = Field(default_factory=dict)
    numbers: dict[str, dict[str, float]] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of this commissioning: that of its folder, and the time at which it was saved."""
        return f"{self.recording or 'commission'} {self.date.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    @property
    def worst(self) -> str:
        """Verdict of the whole; that of the worst step for a record of an older version."""
        if self.verdict:
            return self.verdict
        return next((one for one in ("fail", "not done", "warn") if one in self.verdicts.values()), "pass")


Record = (
    ThermometerRecord
    | NoiseRecord
    | HeaterRecord
    | AmplifierRecord
    | PiezoRecord
    | LagRecord
    | ProofRecord
    | CommissionRecord
)
RECORDS: dict[str, type[Record]] = {
    "thermometer": ThermometerRecord,
    "noise": NoiseRecord,
    "heater": HeaterRecord,
    "amplifier": AmplifierRecord,
    "piezo": PiezoRecord,
    "lag": LagRecord,
    "proof": ProofRecord,
    "commission": CommissionRecord,
}
KindOfRecord = TypeVar("KindOfRecord", bound=Calibrated)


class _Kind(BaseModel):
    kind: Literal["thermometer", "noise", "heater", "amplifier", "piezo", "lag", "proof", "commission"]


class CalibrationStore:
    """Calibrations in one folder, which need not exist yet.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self) -> list[Record]:
        """Return all calibrations, oldest first. Raises ``FileError``, naming file and key, for an invalid file."""
        return sorted((record for _, record in self._saved("*.toml")), key=lambda record: record.date)

    def newest(self, kind: type[KindOfRecord], **wanted: Any) -> KindOfRecord | None:
        """Return the newest of a kind with these fields (``probe="N12"``); None if there is none."""
        return newest_of(self.records(), kind, **wanted)

    def save(self, record: Record) -> Path:
        """Write a record to a new file atomically. Raises ``FileError`` if that fails."""
        stamp = record.date.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        stem = "-".join(part for part in (stamp, record.kind, _slug(_about(record))) if part)
        text = (
            f"# Calibration of hotjunction. Never overwritten: the newest of a kind counts.\n{_toml(record)}"
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.folder, suffix=".part", delete=False
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            path = _free(self.folder, stem)
            replace_file(Path(file.name), path)
        except OSError as error:
            raise FileError(f"{self.folder}: the calibration can't be saved ({error.strerror})") from None
        if isinstance(record, ProofRecord):
            self._delete_proofs_before(record)
        return path

    def _delete_proofs_before(self, proof: ProofRecord) -> None:
        """Delete older proofs, as far as possible: thousands of them would slow every run down."""
        for file, record in self._saved("*-proof*.toml"):
            if isinstance(record, ProofRecord) and record.date < proof.date:
                with suppress(OSError):
                    remove_file(file)

    def _saved(self, pattern: str) -> Iterator[tuple[Path, Record]]:
        for file in sorted(self.folder.glob(pattern)) if self.folder.is_dir() else ():
            try:
                yield file, self._read(file)
            except FileError:
                if file.exists():  # and was not deleted meanwhile by another program, as an older proof
                    raise

    def _read(self, file: Path) -> Record:
        content = read_toml(file)
        return of_kind(file, content, RECORDS[of_kind(file, content, _Kind).kind])


def newest_of(records: Sequence[Record], kind: type[KindOfRecord], **wanted: Any) -> KindOfRecord | None:
    """Return the last record of a kind with these fields; None if there is none."""
    found = (record for record in reversed(records) if isinstance(record, kind))
    return next(
        (one for one in found if all(getattr(one, name) == value for name, value in wanted.items())), None
    )


def store_of(rig_file: Path, rig: Rig) -> CalibrationStore:
    """Return the calibration store of a rig file."""
    return CalibrationStore(rig_file.parent / rig.calibrations)


def _about(record: Record) -> str:
    """Return the subject of a record for its file name: the probe or the setting."""
    if isinstance(record, ThermometerRecord | NoiseRecord):
        return record.probe
    if isinstance(record, HeaterRecord):
        return f"{record.where}-{record.probe}"
    return f"{record.setting_V_per_A:.0e}".replace("+0", "") if isinstance(record, AmplifierRecord) else ""


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def _free(folder: Path, stem: str) -> Path:
    """Return an unused file name."""
    path, number = folder / f"{stem}.toml", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.toml", number + 1
    return path


def _toml(record: Record) -> str:
    """Return the record as TOML, its kind first."""
    values = record.model_dump(exclude_none=True)
    return tomli_w.dumps({"kind": values.pop("kind"), **values})
