"""The rig file made real: opens the drivers that it names and puts the amplifiers into its settings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from analysis.conductance import CurrentCalibration
from app.rig import Rig
from drivers.keithley428 import Keithley428
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput
from drivers.pxi import PXIController
from drivers.sr560 import SR560
from procedures.station import Station

NM = 1e-9


@dataclass(frozen=True)
class OpenRig:
    """A rig whose instruments answered and are set as its file says."""

    station: Station
    settings: dict[str, Any]
    """What was set, for the recording; what can't be read back is marked unverified."""


def daq_inputs(rig: Rig) -> tuple[AnalogInput, ...]:
    """Inputs of the DAQ in the order of the recording's channels."""
    return tuple(
        AnalogInput(name, one.channel, one.range_V, one.terminal) for name, one in _fields(rig.daq.inputs)
    )


def daq_outputs(rig: Rig) -> tuple[AnalogOutput, ...]:
    """Outputs of the DAQ with their limits."""
    return tuple(
        AnalogOutput(name, one.channel, one.min_V, one.max_V) for name, one in _fields(rig.daq.outputs)
    )


def _fields(section: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(section, name)) for name in type(section).model_fields]


def current_calibration(rig: Rig) -> CurrentCalibration:
    """How the current channel's volts become amperes, as the rig file has it."""
    amplifier = rig.current_amplifier
    return CurrentCalibration(
        gain_V_per_A=amplifier.gain_V_per_A,
        offset_V=amplifier.offset_V,
        series_resistance_ohm=rig.junction.series_resistance_ohm,
        full_scale_V=rig.daq.inputs.current.range_V,
        gain_uncertainty=amplifier.gain_relative_uncertainty,
    )


@contextmanager
def open_rig(rig: Rig) -> Iterator[OpenRig]:
    """Open every instrument of the rig, with 0 V bias and the tip where it is; close them on leaving.

    Raises
    ------
    RigError
        If an instrument does not answer or refuses a setting.
    """
    with ExitStack() as stack:
        controller = stack.enter_context(PXIController(rig.daq.controller))
        daq = NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
        stack.enter_context(daq)
        amplifier = stack.enter_context(Keithley428(rig.current_amplifier.address))
        preamplifier = stack.enter_context(SR560(rig.voltage_preamplifier.address))
        settings = {
            "current_amplifier": _set_current_amplifier(amplifier, rig),
            "voltage_preamplifier": _set_voltage_preamplifier(preamplifier, rig),
        }
        yield OpenRig(_station(rig, daq), settings)


def _station(rig: Rig, daq: NI6281) -> Station:
    bias, z = rig.daq.outputs.bias, rig.daq.outputs.z
    return Station(
        daq=daq,
        amplifier=current_calibration(rig),
        extension_m_per_V=rig.piezo.extension_nm_per_V * NM,
        z_range_V=(z.min_V, z.max_V),
        bias_range_V=(bias.min_V, bias.max_V),
        safe_z_V=rig.safe.z_V,
        amplifier_rail_V=0.995 * rig.daq.inputs.current.range_V,
    )
