"""From a calibration's recording to the record that the store keeps, with the value known before beside it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot, isnan
from typing import Any

import numpy as np

from analysis.calibrate.amplifier import gain_on_resistor
from analysis.calibrate.lag import measured_lag
from analysis.calibrate.noise import expected_resolution, thermometer_noise
from analysis.calibrate.piezo import Tail, TunnellingRange, piezo_constant
from analysis.calibrate.thermometer import KnownHeat, heated, power_response, thermal_resistance
from analysis.heating.estimator import EstimatorSettings, estimate_holds
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.holds import holds_of
from analysis.heating.mask import filters_of, mask_for
from analysis.heating.spectrum import Noise
from analysis.recorded_traces import calibration_of, traces_of
from analysis.recording import Recording
from analysis.records import EventKind
from app.calibrations import (
    AmplifierRecord,
    CalibrationStore,
    LagRecord,
    NoiseRecord,
    PiezoRecord,
    Record,
    ThermometerRecord,
)
from app.calibrations_used import NM
from app.rig import Rig

MAINS_S = 0.1
"""Five periods of 50 Hz, six of 60 Hz: a mean over a multiple of it holds no hum."""

BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Quantity:
    """A number that was found, with one standard deviation, and the one that was known before."""

    name: str
    unit: str
    value: float
    uncertainty: float
    before: float | None = None
    before_uncertainty: float = 0.0

    @property
    def agrees(self) -> bool | None:
        """Whether both are within two standard deviations of their difference; None without an old one."""
        if self.before is None:
            return None
        return abs(self.value - self.before) <= 2 * hypot(self.uncertainty, self.before_uncertainty)


@dataclass(frozen=True)
class Found:
    """What a calibration found: the record to keep, its numbers, and what else its user should know."""

    record: Record
    quantities: tuple[Quantity, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known already: the rig as calibrated, its store."""

    rig: Rig
    store: CalibrationStore


def thermometer(recording: Recording, values: Mapping[str, Any], known: Known) -> Found:
    """R_P from holds at known powers. Raises ``ValueError`` where they tell nothing."""
    probe = known.rig.probe
    if probe is None:
        raise ValueError("the rig file names no probe: add [probe] with its id")
    seebeck = values["seebeck"] * 1e-6 or probe.seebeck_V_per_K
    u_seebeck = values["seebeck_uncertainty"] * 1e-6 or (
        probe.seebeck_uncertainty_V_per_K if seebeck == probe.seebeck_V_per_K else None
    )
    if not seebeck or not u_seebeck:
        raise ValueError(
            f"the Seebeck coefficient of probe {probe.id!r} is not known: give --seebeck and --seebeck-uncertainty"
        )
    heater_ohm = values["heater"] or None
    heat = KnownHeat(heater_ohm, values["share"], _heat_uncertainty(values, recording, heater_ohm is None))
    holds = list(holds_of(recording))
    if not holds:
        raise ValueError(f"{recording.path}: holds no modulation")
    header = recording.header
    settings = EstimatorSettings(
        seebeck_V_per_K=1.0,  # kelvins are then volts
        mask_samples=mask_for(filters_of(header.settings), holds[0].programme, header.rate_Hz).samples,
        series_resistance_ohm=header.settings.get("series_resistance_ohm", 0.0),
        rules=None if heater_ohm else ExclusionRules(),
    )
    response = power_response(heated(estimate_holds(holds, settings), heat), heat)
    resistance = thermal_resistance(response, seebeck, u_seebeck)
    record = ThermometerRecord(
        **_when(recording),
        method=(
            f"{response.holds} holds on a heater of {heater_ohm:g} ohm"
            if heater_ohm
            else f"{response.holds} holds, share {heat.share:g} of the measured power"
        ),
        probe=probe.id,
        thermal_resistance_K_per_W=resistance.value_K_per_W,
        thermal_resistance_uncertainty_K_per_W=resistance.uncertainty_K_per_W,
        seebeck_V_per_K=seebeck,
        seebeck_uncertainty_V_per_K=u_seebeck,
        correlation=resistance.correlation,
    )
    remarks = [
        f"R_P S_TC = {response.product_V_per_W:.5g} +- {response.uncertainty_V_per_W:.2g} V/W; this alone is the scale "
        f"error of every heat: {response.uncertainty_V_per_W / response.product_V_per_W:.2%}"
    ]
    for what, volts, sigma in (
        ("at no power", response.at_no_power_V, response.at_no_power_sigma_V),
        ("that turns over with the bias", response.odd_V, response.odd_sigma_V),
    ):
        if abs(volts) > 3 * sigma:
            remarks.append(
                f"LOOK: there is {volts * 1e9:.3g} +- {sigma * 1e9:.2g} nV {what}; heat does not do this"
            )
    if response.reduced_chi2 > 2:
        remarks.append(f"LOOK: the holds scatter more than their noise (chi2 {response.reduced_chi2:.2g})")
    return Found(
        record,
        (
            Quantity(
                "thermal resistance",
                "K/W",
                resistance.value_K_per_W,
                resistance.uncertainty_K_per_W,
                probe.thermal_resistance_K_per_W,
                probe.thermal_resistance_uncertainty_K_per_W or 0.0,
            ),
        ),
        tuple(remarks),
    )


def _heat_uncertainty(values: Mapping[str, Any], recording: Recording, measured: bool) -> float:
    """Relative; a measured power has the error of the current's gain as well."""
    own = values["heater_percent"] / 100
    gain = recording.header.calibrations.get("current_gain")
    if not measured or gain is None or gain.uncertainty is None:
        return float(own)
    return hypot(own, gain.uncertainty / gain.value)


def piezo(recording: Recording, values: Mapping[str, Any], known: Known) -> Found:
    """Piezo constant from the tails of withdrawals. Raises ``ValueError`` where there are too few."""
    told = recording.header.settings["extension_m_per_V"]
    within = TunnellingRange(
        values["tail_high"], values["tail_low"], max(1, round(recording.rate_Hz / values["mains"]))
    )
    tails = [Tail(trace.conductance_G0, -trace.displacement_m / told) for trace in traces_of(recording)]
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    found = piezo_constant(tails, within, values["barrier"], values["barrier_uncertainty"], rng)
    value, uncertainty = found.extension_m_per_V / NM, found.uncertainty_m_per_V / NM
    record = PiezoRecord(
        **_when(recording),
        method=(
            f"tunnelling tails of {found.used} of {found.traces} withdrawals, barrier {values['barrier']:g} +- "
            f"{values['barrier_uncertainty']:g} eV"
        ),
        extension_nm_per_V=value,
        uncertainty_nm_per_V=uncertainty,
    )
    section = known.rig.piezo
    before_u = section.relative_uncertainty * section.extension_nm_per_V
    return Found(
        record,
        (Quantity("piezo constant", "nm/V", value, uncertainty, section.extension_nm_per_V, before_u),),
        (
            f"{found.decades_per_V:.4g} decades/V in {found.used} of {found.traces} withdrawals, which scatter by "
            f"{found.scatter:.1%}",
            f"statistical error {found.statistical_m_per_V / NM:.2g} nm/V; the rest is the barrier's",
        ),
    )


def amplifier(recording: Recording, values: Mapping[str, Any], known: Known) -> Found:
    """Gain and offset on a resistor. Raises ``ValueError`` where the output does not follow the bias."""
    series_ohm = recording.header.settings.get("series_resistance_ohm", 0.0)
    resistance_ohm = values["resistance"] + series_ohm
    levels = np.array([_level(recording, *span) for span in _spans(recording, "level")]).reshape(-1, 2)
    found = gain_on_resistor(
        levels[:, 0], levels[:, 1], resistance_ohm, values["resistance"] * values["resistance_percent"] / 100
    )
    before = calibration_of(recording.header)
    assert before is not None
    setting = float(recording.header.rig["current_amplifier"]["gain_V_per_A"])
    record = AmplifierRecord(
        **_when(recording),
        method=f"{len(levels)} levels on {values['resistance']:g} ohm +- {values['resistance_percent']:g} %",
        setting_V_per_A=setting,
        gain_V_per_A=found.gain_V_per_A,
        gain_uncertainty_V_per_A=found.uncertainty_V_per_A,
        offset_V=found.offset_V,
        offset_uncertainty_V=found.offset_uncertainty_V,
    )
    quantities = (
        Quantity(
            f"gain at {setting:.0e} V/A",
            "V/A",
            found.gain_V_per_A,
            found.uncertainty_V_per_A,
            before.gain_V_per_A,
            before.gain_uncertainty * before.gain_V_per_A,
        ),
        Quantity("offset", "V", found.offset_V, found.offset_uncertainty_V),
    )
    return Found(record, quantities, (f"statistical error of the gain {found.statistical_V_per_A:.2g} V/A",))


def _level(recording: Recording, start: int, stop: int) -> tuple[float, float]:
    """Mean bias and output over the last whole tenths of a second."""
    rate_Hz = recording.rate_Hz
    settled = (stop - start) / rate_Hz - 0.02  # after the filters
    tenths = max(1, int(settled / MAINS_S + 1e-9))
    n = min(round(tenths * MAINS_S * rate_Hz), stop - start)
    bias_V, output_V = recording.samples(stop - n, stop, ("bias", "current")).mean(axis=1)
    return float(bias_V), float(output_V)


def lag(recording: Recording, values: Mapping[str, Any], known: Known) -> Found:
    """Lag between outputs and inputs. Raises ``ValueError`` where the bias is not looped back."""
    found = measured_lag(list(holds_of(recording)))
    seen = not isnan(found.current_lag_s)
    record = LagRecord(
        **_when(recording),
        method=f"looped back bias of {found.holds} modulations",
        lag_s=found.lag_s,
        uncertainty_s=found.uncertainty_s,
        current_lag_s=found.current_lag_s if seen else None,
        rate_Hz=recording.rate_Hz,
    )
    before = known.store.newest(LagRecord, rate_Hz=recording.rate_Hz)
    quantity = Quantity(
        "lag of the inputs",
        "s",
        found.lag_s,
        found.uncertainty_s,
        before.lag_s if before else None,
        before.uncertainty_s if before else 0.0,
    )
    said = (
        f"the current comes {found.current_lag_s * 1e6:.3g} +- {found.current_lag_uncertainty_s * 1e6:.2g} us after "
        "the bias"
        if seen
        else "no current followed the bias: its own lag is not known (a resistor in place of the junction shows it)"
    )
    return Found(
        record,
        (quantity,),
        (f"{found.lag_s * recording.rate_Hz:.2f} samples at {recording.rate_Hz:g} Hz", said),
    )


def noise(recording: Recording, values: Mapping[str, Any], known: Known) -> Found:
    """Noise of the thermometer. Raises ``ValueError`` where there is too little of it, or no probe is named."""
    probe = known.rig.probe
    if probe is None:
        raise ValueError("the rig file names no probe: add [probe] with its id")
    stretches = [recording.samples(*span, ("thermocouple",))[0] for span in _spans(recording, "listen")]
    gain = recording.header.settings["thermocouple_gain"]
    found = thermometer_noise(stretches, recording.rate_Hz, gain)
    white = found.white_per_Hz**0.5
    record = NoiseRecord(
        **_when(recording),
        method=f"spectrum of {sum(map(len, stretches)) / recording.rate_Hz:.0f} s without bias, gain {gain:g}",
        probe=probe.id,
        white_V_per_rtHz=white,
        white_uncertainty_V_per_rtHz=found.white_sigma_per_Hz / (2 * white),
        corner_Hz=found.corner_Hz,
        corner_uncertainty_Hz=found.corner_sigma_Hz,
    )
    before = known.store.newest(NoiseRecord, probe=probe.id)
    quantities = (
        Quantity(
            "white noise at the thermocouple",
            "V/rtHz",
            white,
            record.white_uncertainty_V_per_rtHz,
            before.white_V_per_rtHz if before else None,
            before.white_uncertainty_V_per_rtHz if before else 0.0,
        ),
        Quantity(
            "1/f corner",
            "Hz",
            found.corner_Hz,
            found.corner_sigma_Hz,
            before.corner_Hz if before else None,
            before.corner_uncertainty_Hz if before else 0.0,
        ),
    )
    lines = [
        f"line at {line.frequency_Hz:.2f} Hz{f' ({line.name})' if line.name else ''}: {line.rms * 1e9:.3g} nV rms"
        for line in sorted(found.lines, key=lambda line: -line.rms)[:5]
    ]
    return Found(record, quantities, (*resolution_lines(found, probe.seebeck_V_per_K), *lines))


def resolution_lines(noise: Noise, seebeck_V_per_K: float | None) -> Iterator[str]:
    """What three-level modulation resolves with this noise, in sentences."""
    if not seebeck_V_per_K:
        yield "the Seebeck coefficient is not known: no resolution can be told"
        return
    for seconds, of in ((5.0, "one junction"), (500.0, "a hundred junctions")):
        resolution = expected_resolution(noise, seebeck_V_per_K, seconds)
        yield (
            f"expected resolution in {seconds:g} s ({of}): {resolution.rise_K * 1e3:.3f} mK, "
            f"asymmetry {resolution.asymmetry_K * 1e3:.3f} mK"
        )


ANALYSES: dict[str, Callable[[Recording, Mapping[str, Any], Known], Found]] = {
    "thermometer": thermometer,
    "piezo": piezo,
    "amplifier": amplifier,
    "lag": lag,
    "noise": noise,
}


def _when(recording: Recording) -> dict[str, Any]:
    """Fields of every record."""
    started = recording.header.started
    moment = datetime.fromisoformat(started) if started else datetime.now(UTC)
    return {"date": moment, "recording": recording.path.name}


def _spans(recording: Recording, step: str) -> Iterator[tuple[int, int]]:
    """(start, stop) of every finished step of that name."""
    start: int | None = None
    for event in recording.events:
        if event.kind is EventKind.STEP and event.name == step:
            if event.payload.get("phase") == "begin":
                start = event.sample
            elif start is not None:
                yield start, event.sample
                start = None
