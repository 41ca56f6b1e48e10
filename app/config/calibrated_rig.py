"""Rig with its newest calibrations, their values and their ages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from analysis.numbers import ASCII, with_error
from app.config.amplifiers import CURRENT_AMPLIFIER, model_of
from app.config.calibration_store import (
    AmplifierRecord,
    CalibrationStore,
    CommissionRecord,
    HeaterRecord,
    LagRecord,
    NoiseRecord,
    PiezoRecord,
    ProofRecord,
    Record,
    ThermometerRecord,
    newest_of,
    store_of,
)
from app.config.heater import HeaterSection
from app.config.rig import THERMOMETER_KEYS, Probe, Rig, load_rig
from app.config.toml import FileError, Section
from app.config.unusual import nested, unusual, written_twice

OLD_AFTER_DAYS = 365
"""Age after which to calibrate again."""


def in_rig_file(calibrated: str) -> str:
    """Return the source of a number of the rig file; ``calibrated`` is its date, or text."""
    return "rig file, " + ("date not known" if calibrated == "unknown" else f"calibrated {calibrated}")


def load_calibrated_rig(rig_file: Path, gain_V_per_A: float | None = None) -> Rig:
    """Read a rig file with its calibrations, optionally with another gain of the current amplifier.

    Raises ``FileError``.
    """
    rig = load_rig(rig_file)
    if gain_V_per_A is not None and gain_V_per_A != rig.current_amplifier.gain_V_per_A:
        rig = rig.model_copy(update={"current_amplifier": _at_gain(rig, gain_V_per_A)})
        follows = nested(
            unusual(type(rig), rig.model_dump())
        )  # confirmed, as a file would: no one mistyped it
        rig = rig.model_copy(update={"unusual": follows})
    return with_calibrations(rig, store_of(rig_file, rig))


def _at_gain(rig: Rig, gain_V_per_A: float) -> Section:
    """Return the current amplifier at another gain, at which it was not calibrated."""
    own = rig.current_amplifier
    follows = getattr(model_of(rig, CURRENT_AMPLIFIER).driver, "input_follows_gain", False)
    update = {
        "gain_V_per_A": gain_V_per_A,
        "measured_gain_V_per_A": None,
        "calibrated": "unknown",
        "input_resistance_ohm": own.input_resistance_ohm
        * (gain_V_per_A / own.gain_V_per_A if follows else 1.0),
    }
    return own.model_copy(update=update)


def with_calibrations(rig: Rig, store: CalibrationStore) -> Rig:
    """Return the rig with its newest calibrations in place of older values of its file."""
    update: dict[str, Section] = {}
    records = store.records()
    piezo = newest_of(records, PiezoRecord)
    if piezo and piezo.date > when(rig.piezo.calibrated):
        update["piezo"] = rig.piezo.model_copy(
            update={
                "extension_nm_per_V": piezo.extension_nm_per_V,
                "relative_uncertainty": piezo.uncertainty_nm_per_V / piezo.extension_nm_per_V,
                "calibrated": piezo.date.isoformat(),
            }
        )
    own = rig.current_amplifier
    amplifier = newest_of(records, AmplifierRecord, model=own.model, setting_V_per_A=own.gain_V_per_A)
    if amplifier and amplifier.date > when(rig.current_amplifier.calibrated):
        update["current_amplifier"] = rig.current_amplifier.model_copy(
            update={
                "measured_gain_V_per_A": amplifier.gain_V_per_A,
                "gain_relative_uncertainty": amplifier.gain_uncertainty_V_per_A / amplifier.gain_V_per_A,
                "offset_V": amplifier.offset_V,
                "calibrated": amplifier.date.isoformat(),
            }
        )
    lag = newest_of(records, LagRecord, rate_Hz=rig.daq.rate_Hz)
    if lag:
        update["daq"] = rig.daq.model_copy(update=_lags(lag))
    if rig.probe:
        update["probe"] = _probe(rig.probe, records)
    if rig.heater:
        update["heater"] = _heater(rig.heater, rig.probe, records)
    calibrated = rig.model_copy(update=update)
    _refuse_unusual(calibrated, store)
    return calibrated


def _lags(lag: LagRecord) -> dict[str, float]:
    """Return what a lag calibration says of the channels, by the rig's keys."""
    first_s = lag.current_first_arrival_s
    keys = {} if first_s is None else {"current_first_arrival_s": first_s}
    for name, channel in lag.channels.items():
        keys |= {
            f"{name}_first_arrival_s": channel.first_arrival_s,
            f"{name}_time_constant_s": channel.time_constant_s,
        }
    return keys


def _refuse_unusual(rig: Rig, store: CalibrationStore) -> None:
    """Refuse a calibration with an unusual value, unless the rig file confirms its own."""
    twice = {key for key, _ in written_twice(rig.unusual)}
    for number in unusual(type(rig), rig.model_dump()):
        if number.key not in twice:
            raise FileError(
                f"{store.folder}: its newest calibration gives {number}. Calibrate again, or remove it from the folder."
            )


def _probe(probe: Probe, records: Sequence[Record]) -> Probe:
    noise = newest_of(records, NoiseRecord, probe=probe.id)
    if noise and (probe.noise_V_per_rtHz is None or noise.date > when(probe.calibrated)):
        measured = {"noise_V_per_rtHz": noise.white_V_per_rtHz, "noise_corner_Hz": noise.corner_Hz}
        probe = probe.model_copy(update=measured)
    found = newest_of(records, ThermometerRecord, probe=probe.id)
    if found is None or (probe.known and found.date <= when(probe.calibrated)):
        return probe
    numbers = {name: getattr(found, name) for name in (*THERMOMETER_KEYS, "correlation")}
    return probe.model_copy(update={**numbers, "calibrated": found.date.isoformat()})


def _heater(heater: HeaterSection, probe: Probe | None, records: Sequence[Record]) -> HeaterSection:
    found = newest_of(records, HeaterRecord, where=heater.where, probe=_heated_probe(heater, probe))
    if found is None or found.date <= when(heater.calibrated):
        return heater
    measured: dict[str, Any] = {"kelvin_per_W": found.kelvin_per_W, "calibrated": found.date.isoformat()}
    if found.time_constant_s is not None:
        measured["time_constant_s"] = found.time_constant_s
    return heater.model_copy(update=measured)


def _heated_probe(heater: HeaterSection, probe: Probe | None) -> str:
    """Return the probe that a heater belongs to; "" for one under the substrate."""
    return probe.id if probe is not None and heater.where != "substrate" else ""


UNITS_OF_NUMBERS = {"V", "V/V", "V/A", "A", "Hz", "s", "ms", "nm", "ohm"}
"""Units with which the name of a proved or commissioned number may end."""

NEVER = datetime.min.replace(tzinfo=UTC)


def when(calibrated: str) -> datetime:
    """Return the date of a rig file's calibration; ``NEVER`` if its text is not a date."""
    try:
        moment = datetime.fromisoformat(calibrated)
    except ValueError:
        return NEVER
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_date(calibrated: str) -> bool:
    """Return True if a rig file's text is the date of its calibration."""
    return when(calibrated) > NEVER


def age_days(moment: datetime, now: datetime) -> float:
    """Return the age of a calibration in days."""
    return (now - moment).total_seconds() / 86400


def thermometer_advice(rig: Rig, store: CalibrationStore, now: datetime) -> str:
    """Return advice on the calibration of a calibrated rig's probe; "" if there is none."""
    if rig.probe is None:
        return "The rig file names no probe: add [probe] with its id, so that volts can be converted to temperatures."
    if not rig.probe.known:
        known = sorted({record.probe for record in store.records() if isinstance(record, ThermometerRecord)})
        near = get_close_matches(rig.probe.id, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}."
        return f"Probe {rig.probe.id!r} has no calibration; {hint} See hotjunction calibrate thermometer."
    if not is_date(rig.probe.calibrated):
        return "The date of its calibration is unknown: give it in the rig file, or calibrate again."
    days = age_days(when(rig.probe.calibrated), now)
    return f"Its calibration is {days:.0f} days old: calibrate again." if days > OLD_AFTER_DAYS else ""


def of_rig_file(rig: Rig) -> list[Record]:
    """Return the values of the rig file as records, dated to the year 1 if it gives no date."""
    amplifier, piezo, probe = rig.current_amplifier, rig.piezo, rig.probe
    records: list[Record] = [
        PiezoRecord(
            date=when(piezo.calibrated),
            method=in_rig_file(piezo.calibrated),
            extension_nm_per_V=piezo.extension_nm_per_V,
            uncertainty_nm_per_V=piezo.relative_uncertainty * piezo.extension_nm_per_V,
        ),
        AmplifierRecord(
            date=when(amplifier.calibrated),
            method=in_rig_file(amplifier.calibrated),
            model=amplifier.model,
            setting_V_per_A=amplifier.gain_V_per_A,
            gain_V_per_A=amplifier.true_gain_V_per_A,
            gain_uncertainty_V_per_A=amplifier.gain_relative_uncertainty * amplifier.true_gain_V_per_A,
            offset_V=amplifier.offset_V,
            offset_uncertainty_V=0.0,
        ),
    ]
    if probe is not None and probe.known:
        numbers = {name: getattr(probe, name) for name in (*THERMOMETER_KEYS, "correlation")}
        method, date = in_rig_file(probe.calibrated), when(probe.calibrated)
        records.append(ThermometerRecord(date=date, method=method, probe=probe.id, **numbers))
    return records


def used_by(rig: Rig, store: CalibrationStore, record: Record) -> bool:
    """Return True if a calibrated rig uses this record, the newest of its kind."""
    match record:
        case ThermometerRecord():
            probe = rig.probe
            return probe is not None and probe.id == record.probe and when(probe.calibrated) == record.date
        case AmplifierRecord():
            amplifier = rig.current_amplifier
            same = amplifier.model == record.model and amplifier.gain_V_per_A == record.setting_V_per_A
            return same and when(amplifier.calibrated) == record.date
        case PiezoRecord():
            return when(rig.piezo.calibrated) == record.date
        case NoiseRecord():
            return record == store.newest(NoiseRecord, probe=record.probe)
        case HeaterRecord():
            heater = rig.heater
            if heater is None or (heater.where, _heated_probe(heater, rig.probe)) != (
                record.where,
                record.probe,
            ):
                return False
            return when(heater.calibrated) == record.date
        case LagRecord():
            return record == store.newest(LagRecord, rate_Hz=record.rate_Hz)
        case ProofRecord():
            return record == store.newest(ProofRecord)
        case CommissionRecord():
            return record == store.newest(CommissionRecord)


def described(record: Record) -> tuple[str, str]:
    """Return the subject of a record, and its value with error and unit."""
    match record:
        case ThermometerRecord():
            resistance = _with_error(
                record.thermal_resistance_K_per_W, record.thermal_resistance_uncertainty_K_per_W
            )
            seebeck = _with_error(record.seebeck_V_per_K * 1e6, record.seebeck_uncertainty_V_per_K * 1e6)
            return f"thermometer, probe {record.probe}", f"{resistance} K/W, {seebeck} uV/K"
        case AmplifierRecord():
            gain = _with_error(record.gain_V_per_A, record.gain_uncertainty_V_per_A)
            offset = _with_error(record.offset_V * 1e3, record.offset_uncertainty_V * 1e3)
            about = f"current amplifier at {record.setting_V_per_A:.3g} V/A"
            sign = ", inverting" if record.inverting else ""
            return about, f"{gain} V/A{sign}, offset {offset} mV"
        case PiezoRecord():
            return "piezo", f"{_with_error(record.extension_nm_per_V, record.uncertainty_nm_per_V)} nm/V"
        case NoiseRecord():
            white = _with_error(record.white_V_per_rtHz * 1e9, record.white_uncertainty_V_per_rtHz * 1e9)
            corner = _with_error(record.corner_Hz, record.corner_uncertainty_Hz)
            return f"noise, probe {record.probe}", f"{white} nV/rtHz, corner {corner} Hz"
        case HeaterRecord():
            after = _if_known(
                ", follows in {} ms", record.time_constant_s, record.time_constant_uncertainty_s, 1e-3
            )
            leaks = _if_known(", leak {} pA/V", record.leak_A_per_V, record.leak_uncertainty_A_per_V, 1e-12)
            about = f"heater of the {record.where}" + (f", probe {record.probe}" if record.probe else "")
            rise = _with_error(record.kelvin_per_W, record.kelvin_per_W_uncertainty)
            return about, f"{rise} K/W{after}{leaks}"
        case LagRecord():
            lag = f"{_with_error(record.lag_s * 1e3, record.uncertainty_s * 1e3)} ms"
            current_s = record.current_lag_s
            after = "" if current_s is None else f", current {1e3 * current_s:.3g} ms after the bias"
            first_s = record.current_first_arrival_s
            begins = "" if first_s is None else f", from {1e3 * first_s:.3g} ms on"
            return f"lag of the inputs at {record.rate_Hz:g} Hz", lag + after + begins
        case ProofRecord():
            return "proof of the rig", _proof(record)
        case CommissionRecord():
            return "commissioning", _commissioning(record)


def _commissioning(record: CommissionRecord) -> str:
    verdicts = ", ".join(f"step {number} {verdict}" for number, verdict in record.verdicts.items())
    numbers = ", ".join(
        _named_number(name, value) for part in record.numbers.values() for name, value in part.items()
    )
    signed = ", ".join(part for part in (record.verdict, record.program) if part)
    tested = record.watchdog_tested
    parts = (
        signed,
        verdicts,
        f"rig {record.rig_file}, card {record.card:X}",
        f"gains {record.rig_settings}" if record.rig_settings else "",
        f"watchdog tested {tested:%Y-%m-%d %H:%M}" if tested else "",
        numbers,
    )
    return "; ".join(part for part in parts if part)


def _proof(record: ProofRecord) -> str:
    validity = f"withdrawn ({record.withdrawn})" if record.withdrawn else f"of {record.proved:%Y-%m-%d %H:%M}"
    numbers = ", ".join(_named_number(name, value) for name, value in record.numbers.items())
    return (
        f"{validity}; cables of sample and probe: {record.contact or 'not proved'}; rig {record.rig_file}, card "
        f"{record.card:X}, amplifiers {record.amplifiers}" + (f"; {numbers}" if numbers else "")
    )


def _named_number(name: str, value: float) -> str:
    """Return "bias loop-back 0.9998 V/V" for the number "bias loop-back V/V"."""
    quantity, _, unit = name.rpartition(" ")
    return f"{quantity} {value:.4g} {unit}" if unit in UNITS_OF_NUMBERS else f"{name} {value:.4g}"


def _with_error(value: float, uncertainty: float) -> str:
    return with_error(value, uncertainty, ASCII)


def _if_known(words: str, value: float | None, uncertainty: float | None, in_SI: float) -> str:
    """Return words with a value that may not have been measured, in a unit that is so much in SI; else ""."""
    if value is None:
        return ""
    if uncertainty is None:
        return words.format(f"{value / in_SI:.3g}")
    return words.format(_with_error(value / in_SI, uncertainty / in_SI))
