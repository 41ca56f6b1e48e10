"""Rig file as procedures see it: their context, with or without open instruments; calibration of the current."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from analysis.conductance import CurrentCalibration
from analysis.preflight.measured import Facts
from analysis.preflight.wiring import Wiring
from analysis.spectra.aliases import folded_share
from analysis.thermoelectric.detectability import LEE_CORNER_Hz, LEE_WHITE_V_per_rtHz, ThermometerNoise
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER, model_of
from app.config.card_channels import daq_inputs, loop_back_tolerance, wired_terminals
from app.config.rig import Rig
from drivers.amplifier import Provenance
from drivers.ni6281 import NI6281
from drivers.stepper import Stepper
from procedures.context import ProcedureContext
from procedures.heater import Heater

NM = 1e-9

LONGEST_READ_S, READS_IN_SILENCE = 0.5, 0.25
"""Longest wait for samples, and its share of the silence that the watchdog allows."""

LEAST_BITS = 16
"""Resolution assumed of a card that has not been asked yet."""


def current_calibration(rig: Rig) -> CurrentCalibration:
    """Return the conversion of the current channel's volts to amperes."""
    amplifier = rig.current_amplifier
    return CurrentCalibration(
        gain_V_per_A=amplifier.true_gain_V_per_A,
        offset_V=amplifier.offset_V,
        series_resistance_ohm=rig.junction.series_resistance_ohm + amplifier.input_resistance_ohm,
        full_scale_V=full_scale_V(rig, CURRENT_AMPLIFIER, rig.daq.inputs.current.range_V),
        gain_uncertainty=amplifier.gain_relative_uncertainty,
        inverting=amplifier.inverting,
    )


def full_scale_V(rig: Rig, role: str, range_V: float) -> float:
    """Return the largest output of an amplifier that its input of the card shows, V."""
    rail_V: float = getattr(getattr(rig, role), "rail_V", model_of(rig, role).driver.full_scale_V)
    return min(range_V, rail_V)


def planned_context(rig: Rig) -> ProcedureContext:
    """Return the context for checking a procedure before the rig is opened, without instruments."""
    coarse = cast(Stepper, rig.coarse)  # a plan asks only whether there is one
    return rig_context(rig, cast(NI6281, _Planned(rig.daq.rate_Hz)), lambda: None, coarse)


@dataclass(frozen=True)
class _Planned:
    """All that a plan asks of a card."""

    rate_Hz: float
    input_bits: int = LEAST_BITS
    input_delay_s: float = 0.0


def rig_context(
    rig: Rig, daq: NI6281, verify: Callable[[], None], coarse: Stepper | None
) -> ProcedureContext:
    """Return the context of a procedure on an open rig.

    Parameters
    ----------
    rig : Rig
    daq : NI6281
    verify : callable
        As ``ProcedureContext.verify_amplifier``.
    coarse : Stepper or None
    """
    return ProcedureContext(
        daq=daq,
        amplifier=current_calibration(rig),
        extension_m_per_V=rig.piezo.extension_nm_per_V * NM,
        z_range_V=rig.z_range_V,
        bias_range_V=rig.bias_range_V,
        most_bias_step_V=rig.limits.bias_step_V or math.inf,
        most_speed_m_per_s=rig.limits.tip_speed_nm_per_s * NM,
        most_current_A=rig.limits.current_A,
        high_bias_V=rig.limits.high_bias_V,
        most_high_bias_s=rig.limits.high_bias_s,
        verify_amplifier=verify,
        coarse=coarse,
        bias_on=rig.junction.bias_on,
        resolution_V=2 * rig.daq.inputs.current.range_V / 2**daq.input_bits,
        input_delay_s=daq.input_delay_s,
        reaction_s=rig.contact.reaction_s,
        check_every_s=rig.contact.check_every_s,
        most_overshoot_m=rig.contact.most_overshoot_nm * NM,
        blind_m=rig.contact.blind_nm * NM,
        least_stray_F=rig.contact.capacitance_pF * 1e-12,
        extra_outputs={
            name: one.value for name, one in rig.daq.outputs.extras.items() if one.value is not None
        },
        lowpass_Hz=rig.voltage_preamplifier.lowpass_Hz,
        rise_time_s=rig.current_amplifier.rise_time_s,
        tip_s=rig.probe.thermal_time_constant_s if rig.probe else 0.0,
        buffer_s=rig.daq.buffer_s,
        longest_read_s=min(LONGEST_READ_S, READS_IN_SILENCE * rig.safe.heartbeat_s),
        safe_z_V=rig.safe.z_V,
        step_m=rig.safe.step_nm * NM,
        loop_backs=loop_back_tolerance(rig),
        heater=heater_of(rig),
        thermometer_V_per_K=((rig.probe.seebeck_V_per_K or 0.0) if rig.probe else 0.0)
        * rig.voltage_preamplifier.gain,
        tip=tip_of(rig),
        facts=facts(rig),
    )


def tip_of(rig: Rig) -> ThermometerNoise | None:
    """Return the tip with its noise as sampled, or that of the paper's tip; None if the rig file lacks its numbers."""
    probe = rig.probe
    if probe is None or probe.thermal_resistance_K_per_W is None or probe.seebeck_V_per_K is None:
        return None
    white, corner_Hz, measured = probe.noise_V_per_rtHz, probe.noise_corner_Hz, True
    if white is None:
        folded = folded_share(rig.voltage_preamplifier.lowpass_Hz, rig.daq.rate_Hz)
        white, corner_Hz, measured = LEE_WHITE_V_per_rtHz * math.sqrt(folded), LEE_CORNER_Hz / folded, False
    return ThermometerNoise(
        probe.thermal_resistance_K_per_W, probe.seebeck_V_per_K, white**2, corner_Hz, measured
    )


def heater_of(rig: Rig) -> Heater | None:
    """Return the heater for procedures; None without one."""
    if rig.heater is None:
        return None
    return Heater(**rig.heater.handed_on)


def facts(rig: Rig) -> Facts:
    """Return what a proof must know of a rig."""
    amplifier, preamplifier = (
        model_of(rig, role).driver for role in (CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER)
    )
    return Facts(
        wiring=Wiring(wired_terminals(rig)),
        current_full_scale_V=full_scale_V(rig, CURRENT_AMPLIFIER, rig.daq.inputs.current.range_V),
        current_offset_V=rig.current_amplifier.offset_V,
        current_gain_V_per_A=rig.current_amplifier.true_gain_V_per_A,
        thermometer_full_scale_V=full_scale_V(rig, VOLTAGE_PREAMPLIFIER, rig.daq.inputs.thermocouple.range_V),
        thermometer_gain=rig.voltage_preamplifier.gain,
        thermometer_lowpass_Hz=rig.voltage_preamplifier.lowpass_Hz,
        thermocouple_ohm=rig.probe.thermocouple_ohm if rig.probe else None,
        current_amplifier=amplifier.product,
        preamplifier=preamplifier.product,
        preamplifier_advice=getattr(preamplifier, "if_silent", ""),
        bias_divider=rig.daq.outputs.bias.divider,
        bias_readback_V=next(one.range_V * abs(one.scale) for one in daq_inputs(rig) if one.name == "bias"),
        answers=amplifier.provenance is Provenance.READ,
        keeps_time=rig.daq.keeps_time,
        second_current=rig.daq.inputs.second_current,
    )
