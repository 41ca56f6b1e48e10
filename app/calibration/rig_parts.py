"""Parts of the rig: its piezo, its current amplifier, the clock of its converters."""

from collections.abc import Iterator, Mapping
from math import hypot, isnan
from typing import Any

import numpy as np

from analysis.calibration.amplifier import gain_on_resistor
from analysis.calibration.lag import measured_lag
from analysis.calibration.piezo import Tail, TunnellingRange, piezo_constant
from analysis.conductance import CurrentCalibration
from analysis.heating.arrival import SCAN_TIMES
from analysis.heating.holds import holds_of
from analysis.heating.lag import EdgeResponse
from analysis.recording import Recording
from analysis.traces.read import calibration_of, traces_of
from app.acquisition.open_rig import NM
from app.calibration.result import (
    CalibratedQuantity,
    CalibrationResult,
    PreviousCalibration,
    left_out,
    spans_of,
    when_of,
)
from app.config.amplifiers import CURRENT_AMPLIFIER, DEFAULTS
from app.config.calibration_store import AmplifierRecord, ChannelLag, LagRecord, PiezoRecord

MAINS_S = 0.1
"""Five periods of 50 Hz, six of 60 Hz: a mean over a multiple of it cancels hum."""

CROSSTALK = 1.8e-4
"""-75 dB: crosstalk from the input scanned before (NI 6281 specifications), as a share of its signal."""

WRONG = 2.0
"""Factor beyond which a deviating gain means a wrong circuit."""

BOOTSTRAP_SEED = 0


def piezo(recording: Recording, values: Mapping[str, Any], known: PreviousCalibration) -> CalibrationResult:
    """Return the piezo constant from the tails of withdrawals. Raises ``ValueError`` if there are too few."""
    assumed_m_per_V = recording.header.settings["extension_m_per_V"]
    within = TunnellingRange(
        values["tail_high"], values["tail_low"], max(1, round(recording.rate_Hz / values["mains"]))
    )
    tails = [
        Tail(trace.conductance_G0, -trace.displacement_m / assumed_m_per_V) for trace in traces_of(recording)
    ]
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    found = piezo_constant(tails, within, values["barrier"], values["barrier_uncertainty"], rng)
    value, uncertainty = found.extension_m_per_V / NM, found.uncertainty_m_per_V / NM
    record = PiezoRecord(
        **when_of(recording),
        method=(
            f"tunnelling tails of {found.used} of {found.traces} withdrawals, barrier {values['barrier']:g} +- "
            f"{values['barrier_uncertainty']:g} eV"
        ),
        extension_nm_per_V=value,
        uncertainty_nm_per_V=uncertainty,
    )
    section = known.rig.piezo
    before_u = section.relative_uncertainty * section.extension_nm_per_V
    return CalibrationResult(
        record,
        (
            CalibratedQuantity(
                "piezo constant", "nm/V", value, uncertainty, section.extension_nm_per_V, before_u
            ),
        ),
        (
            f"{found.decades_per_V:.4g} decades/V in {found.used} of {found.traces} withdrawals, which scatter by "
            f"{found.scatter:.1%}",
            f"statistical error {found.statistical_m_per_V / NM:.2g} nm/V; the rest is the barrier's",
        ),
    )


def amplifier(
    recording: Recording, values: Mapping[str, Any], known: PreviousCalibration
) -> CalibrationResult:
    """Return gain and offset measured on a resistor. Raises ``ValueError`` if the output ignores the bias."""
    series_ohm = recording.header.settings.get("series_resistance_ohm", 0.0)
    resistance_ohm = values["resistance"] + series_ohm
    before = calibration_of(recording.header)
    assert before is not None
    every = [_level(recording, *span, before) for span in spans_of(recording, "level")]
    levels = np.array([level for level in every if level is not None]).reshape(-1, 2)
    found = gain_on_resistor(
        levels[:, 0],
        levels[:, 1],
        resistance_ohm,
        values["resistance"] * hypot(values["resistance_percent"] / 100, CROSSTALK),
    )
    settings = recording.header.rig["current_amplifier"]
    setting = float(settings["gain_V_per_A"])
    if not 1 / WRONG < found.gain_V_per_A / setting < WRONG:
        raise ValueError(
            f"{recording.path}: at {setting:.0e} V/A the amplifier shows {found.gain_V_per_A:.3g} V/A: "
            f"{values['resistance']:g} ohm is not its load"
        )
    record = AmplifierRecord(
        **when_of(recording),
        method=f"{len(levels)} levels on {values['resistance']:g} ohm +- {values['resistance_percent']:g} %",
        model=settings.get("model", DEFAULTS[CURRENT_AMPLIFIER]),
        setting_V_per_A=setting,
        gain_V_per_A=found.gain_V_per_A,
        gain_uncertainty_V_per_A=found.uncertainty_V_per_A,
        offset_V=found.offset_V,
        offset_uncertainty_V=found.offset_uncertainty_V,
        inverting=found.inverting,
    )
    quantities = (
        CalibratedQuantity(
            f"gain at {setting:.0e} V/A",
            "V/A",
            found.gain_V_per_A,
            found.uncertainty_V_per_A,
            before.gain_V_per_A,
            before.gain_uncertainty * before.gain_V_per_A,
        ),
        CalibratedQuantity("offset", "V", found.offset_V, found.offset_uncertainty_V),
    )
    statistical = f"statistical error of the gain {found.statistical_V_per_A:.2g} V/A"
    sign = (
        ()
        if found.inverting == known.rig.current_amplifier.inverting
        else (polarity_advice(found.inverting),)
    )
    unused = left_out("levels", len(levels), len(every))
    return CalibrationResult(record, quantities, (statistical, *sign, *unused))


def polarity_advice(inverting: bool) -> str:
    """Return what to do about an amplifier whose sign is not the one that the rig file states."""
    seen = "falls" if inverting else "rises"
    return (
        f"LOOK: the output {seen} as the bias rises. Write inverting = {str(inverting).lower()} in [current_amplifier] "
        "of the rig file, or exchange the leads of its output or of the bias loop-back if they are reversed. Until "
        "then a run ends at its first contact"
    )


def _level(
    recording: Recording, start: int, stop: int, amplifier: CurrentCalibration
) -> tuple[float, float] | None:
    """Return mean bias and output over the last whole tenths of a second; None if they were not all measured."""
    rate_Hz = recording.rate_Hz
    settled = (stop - start) / rate_Hz - 0.02  # after the filters
    tenths = max(1, int(settled / MAINS_S + 1e-9))
    n = min(round(tenths * MAINS_S * rate_Hz), stop - start)
    samples = recording.samples(stop - n, stop, ("bias", "current"))
    if not np.isfinite(samples).all() or amplifier.railed(samples[1]).any():
        return None
    bias_V, output_V = samples.mean(axis=1)
    return float(bias_V), float(output_V)


def _channel_lags(
    recording: Recording, responses: Mapping[str, EdgeResponse]
) -> Iterator[tuple[str, ChannelLag]]:
    scan_times_s = recording.header.settings.get(SCAN_TIMES) or {}
    for name, response in responses.items():
        if response.first_arrival is not None:
            yield (
                name,
                ChannelLag(
                    first_arrival_s=response.first_arrival / recording.rate_Hz,
                    mean_lag_s=response.lag_s,
                    time_constant_s=response.pole_s(recording.rate_Hz),
                    response=[round(share, 6) for share in response.response.tolist()],
                    scan_time_s=scan_times_s.get(name),
                ),
            )


def lag(recording: Recording, values: Mapping[str, Any], known: PreviousCalibration) -> CalibrationResult:
    """Return the lag between outputs and inputs. Raises ``ValueError`` if the bias is not looped back."""
    found = measured_lag(list(holds_of(recording)))
    seen, arrival = not isnan(found.current_lag_s), found.current_first_arrival
    record = LagRecord(
        **when_of(recording),
        method=f"looped back bias of {found.holds} modulations",
        lag_s=found.lag_s,
        uncertainty_s=found.uncertainty_s,
        current_lag_s=found.current_lag_s if seen else None,
        current_first_arrival_s=None if arrival is None else arrival / recording.rate_Hz,
        rate_Hz=recording.rate_Hz,
        channels=dict(_channel_lags(recording, found.responses)),
    )
    before = known.store.newest(LagRecord, rate_Hz=recording.rate_Hz)
    quantity = CalibratedQuantity(
        "lag of the inputs",
        "s",
        found.lag_s,
        found.uncertainty_s,
        before.lag_s if before else None,
        before.uncertainty_s if before else 0.0,
    )
    scan_times_s = recording.header.settings.get(SCAN_TIMES) or {}
    scanned = [f"{name} {1e6 * at_s:.4g} us" for name, at_s in scan_times_s.items()]
    remark = (
        f"the current follows {found.current_lag_s * 1e6:.3g} +- {found.current_lag_uncertainty_s * 1e6:.2g} us after "
        f"the bias, and first changes at sample {arrival or 0:+d}"
        if seen
        else "no current followed the bias, so its lag is unknown (measure it on a resistor in place of the junction)"
    )
    return CalibrationResult(
        record,
        (quantity,),
        (
            f"{found.lag_s * recording.rate_Hz:.2f} samples at {recording.rate_Hz:g} Hz",
            remark,
            *([f"converted after the tick of the clock: {', '.join(scanned)}"] if scanned else []),
        ),
    )
