"""The probe: its thermal resistance from known powers, and the noise of its thermometer."""

from collections.abc import Iterator, Mapping
from math import hypot
from typing import Any

import numpy as np

from analysis.calibration.noise import expected_resolution, thermometer_noise
from analysis.calibration.thermometer import (
    KnownHeat,
    PowerResponse,
    heated,
    power_response,
    thermal_resistance,
)
from analysis.heating.arrival import arrivals_of
from analysis.heating.estimator import EstimatorSettings, estimate_holds
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.holds import STEP as MODULATE
from analysis.heating.holds import holds_of
from analysis.heating.mask import filters_of, mask_for
from analysis.heating.runs import LOOK_AHEAD, first_periods_of
from analysis.heating.significance import SEEN_SIGMAS
from analysis.numbers import ASCII, counted, with_error
from analysis.recording import Recording
from analysis.segmentation import RAIL_SHARE, thermocouple_full_scale_V
from analysis.spectra.noise import Noise
from app.calibration.result import (
    CalibratedQuantity,
    CalibrationResult,
    PreviousCalibration,
    left_out,
    spans_of,
    when_of,
)
from app.config.calibration_store import NoiseRecord, ThermometerRecord
from app.config.rig import Probe, Rig


def named_probe(rig: Rig) -> Probe:
    """Return the probe of a rig. Raises ``ValueError`` if its file names none."""
    if rig.probe is None:
        raise ValueError("the rig file names no probe: add [probe] with its id")
    return rig.probe


def known_seebeck(values: Mapping[str, Any], rig: Rig) -> tuple[float, float]:
    """Return the Seebeck coefficient and its uncertainty in V/K, as given or else the probe's.

    Raises ``ValueError`` if they are unknown.
    """
    probe = named_probe(rig)
    seebeck = values["seebeck"] * 1e-6 or probe.seebeck_V_per_K
    uncertainty = values["seebeck_uncertainty"] * 1e-6 or (
        probe.seebeck_uncertainty_V_per_K if seebeck == probe.seebeck_V_per_K else None
    )
    if not seebeck or not uncertainty:
        raise ValueError(
            f"the Seebeck coefficient of probe {probe.id!r} is not known: give --seebeck and --seebeck-uncertainty"
        )
    return seebeck, uncertainty


def thermometer(
    recording: Recording, values: Mapping[str, Any], known: PreviousCalibration
) -> CalibrationResult:
    """Return R_P from holds at known powers. Raises ``ValueError`` if they do not determine it."""
    probe = named_probe(known.rig)
    seebeck, u_seebeck = known_seebeck(values, known.rig)
    heater_ohm = values["heater"] or None
    heat = KnownHeat(heater_ohm, values["share"], _heat_uncertainty(values, recording, heater_ohm is None))
    holds = list(holds_of(recording)) if any(spans_of(recording, MODULATE)) else []
    if not holds:
        raise ValueError(f"{recording.path}: holds no modulation")
    header = recording.header
    filters = filters_of(header.settings, probe.thermal_time_constant_s)
    arrivals = arrivals_of(header, holds[:LOOK_AHEAD], header.rate_Hz)
    mask = mask_for(filters, holds[0].programme, header.rate_Hz, arrivals.samples)
    settings = EstimatorSettings(
        seebeck_V_per_K=1.0,  # so that kelvins are volts
        mask_samples=mask.samples,
        lead_samples=mask.lead,
        series_resistance_ohm=header.settings.get("series_resistance_ohm", 0.0),
        rules=None if heater_ohm else ExclusionRules(first_periods=first_periods_of(header)),
    )
    response = power_response(heated(estimate_holds(holds, settings), heat), heat)
    resistance = thermal_resistance(response, seebeck, u_seebeck)
    record = ThermometerRecord(
        **when_of(recording),
        method=(
            f"{counted(response.holds, 'hold')} on a heater of {heater_ohm:g} ohm"
            if heater_ohm
            else f"{counted(response.holds, 'hold')}, share {heat.share:g} of the measured power"
        ),
        probe=probe.id,
        thermal_resistance_K_per_W=resistance.value_K_per_W,
        thermal_resistance_uncertainty_K_per_W=resistance.uncertainty_K_per_W,
        seebeck_V_per_K=seebeck,
        seebeck_uncertainty_V_per_K=u_seebeck,
        correlation=resistance.correlation,
    )
    return CalibrationResult(
        record,
        (
            CalibratedQuantity(
                "thermal resistance",
                "K/W",
                resistance.value_K_per_W,
                resistance.uncertainty_K_per_W,
                probe.thermal_resistance_K_per_W,
                probe.thermal_resistance_uncertainty_K_per_W or 0.0,
            ),
        ),
        (*_remarks(response), *(f"LOOK: {warning}" for warning in (*arrivals.warnings, *mask.warnings))),
    )


def _remarks(response: PowerResponse) -> Iterator[str]:
    """Yield the scale that matters, and what in the response is no heat."""
    product, u_product = response.product_V_per_W, response.uncertainty_V_per_W
    yield (
        f"R_P S_TC = {with_error(product, u_product, ASCII)} V/W; this alone is the scale error of every heat: "
        f"{u_product / product:.2%}"
    )
    for what, volts, sigma in (
        ("at no power", response.at_no_power_V, response.at_no_power_sigma_V),
        ("that turns over with the bias", response.odd_V, response.odd_sigma_V),
    ):
        if sigma > 0 and abs(volts) > SEEN_SIGMAS * sigma:
            yield f"LOOK: there is {with_error(1e9 * volts, 1e9 * sigma, ASCII)} nV {what}; heat does not do this"
    if response.reduced_chi2 > 2:
        yield f"LOOK: the holds scatter more than their noise (chi2 {response.reduced_chi2:.2g})"


def _heat_uncertainty(values: Mapping[str, Any], recording: Recording, measured: bool) -> float:
    """Return the relative uncertainty of the heat; a measured power includes that of the current gain."""
    own = values["heater_percent"] / 100
    gain = recording.header.calibrations.get("current_gain")
    if not measured or gain is None or gain.uncertainty is None:
        return float(own)
    return hypot(own, gain.uncertainty / gain.value)


def noise(recording: Recording, values: Mapping[str, Any], known: PreviousCalibration) -> CalibrationResult:
    """Return the noise of the thermometer. Raises ``ValueError`` for too few samples or a missing probe."""
    probe = named_probe(known.rig)
    recorded = [recording.samples(*span, ("thermocouple",))[0] for span in spans_of(recording, "listen")]
    rail_V = RAIL_SHARE * thermocouple_full_scale_V(recording.header)
    stretches = [volts for volts in recorded if (np.abs(volts) < rail_V).all()]  # nor is a missing sample
    if recorded and not stretches:
        raise ValueError(
            f"{recording.path}: samples are missing in every record, or the thermometer was at its rail: lower the "
            "preamplifier's gain, or find the offset"
        )
    gain = recording.header.settings["thermocouple_gain"]
    found = thermometer_noise(stretches, recording.rate_Hz, gain)
    white = found.white_per_Hz**0.5
    record = NoiseRecord(
        **when_of(recording),
        method=f"spectrum of {sum(map(len, stretches)) / recording.rate_Hz:.0f} s without bias, gain {gain:g}",
        probe=probe.id,
        white_V_per_rtHz=white,
        white_uncertainty_V_per_rtHz=found.white_sigma_per_Hz / (2 * white),
        corner_Hz=found.corner_Hz,
        corner_uncertainty_Hz=found.corner_sigma_Hz,
    )
    before = known.store.newest(NoiseRecord, probe=probe.id)
    quantities = (
        CalibratedQuantity(
            "white noise at the thermocouple",
            "V/rtHz",
            white,
            record.white_uncertainty_V_per_rtHz,
            before.white_V_per_rtHz if before else None,
            before.white_uncertainty_V_per_rtHz if before else 0.0,
        ),
        CalibratedQuantity(
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
    unused = left_out("records", len(stretches), len(recorded))
    remarks = (*resolution_lines(found, probe.seebeck_V_per_K), *lines, *unused)
    return CalibrationResult(record, quantities, remarks)


def resolution_lines(noise: Noise, seebeck_V_per_K: float | None) -> Iterator[str]:
    """Yield sentences on the resolution of three-level modulation with this noise."""
    if not seebeck_V_per_K:
        yield "the Seebeck coefficient is unknown, so the resolution can't be estimated"
        return
    for seconds, of in ((5.0, "one junction"), (500.0, "a hundred junctions")):
        resolution = expected_resolution(noise, seebeck_V_per_K, seconds)
        yield (
            f"expected resolution in {seconds:g} s ({of}): {resolution.rise_K * 1e3:.3f} mK, "
            f"asymmetry {resolution.asymmetry_K * 1e3:.3f} mK"
        )
