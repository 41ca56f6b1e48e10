"""Opening of a rig: its drivers, with the amplifiers set as in the rig file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from analysis.conductance import CurrentCalibration
from analysis.loop_backs import Tolerance
from app.config.rig import Rig
from drivers.errors import InstrumentFault
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import Keithley428Settings, Keithley428State
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput, InputReference
from drivers.pxi import Connect, PXIController
from drivers.settings import differences
from drivers.sr560 import SR560, FilterMode, InputCoupling, Reserve, Source, SR560Settings
from drivers.stepper import Stepper
from procedures.context import ProcedureContext

if TYPE_CHECKING:
    from pymeasure.adapters import Adapter

NM = 1e-9
TEST_SHARE, MOST_TEST_SHARE = 0.05, 0.8
"""Share of full scale, usual and largest, of the current that tests the current input."""

LEAST_TEST_A = 1e-10
"""Hundred steps of the suppression's smallest range: a smaller current is not known well enough."""

CODES = 2**18
"""Codes of the NI 6281's converter (specifications)."""


@dataclass(frozen=True)
class Wires:
    """Connections to the instruments that a run reads all the time; by default their addresses.

    Parameters
    ----------
    daq : callable, optional
        As for ``PXIController``.
    current_amplifier : callable
        From its address to what ``Keithley428`` opens.
    """

    daq: Connect | None = None
    current_amplifier: Callable[[str], "Adapter | str"] = str


BY_ADDRESS = Wires()


@dataclass(frozen=True)
class OpenRig:
    """A rig whose instruments answered and have the settings of its file.

    ``settings`` is what was set, for the recording; what can't be read back says so.
    """

    context: ProcedureContext
    settings: dict[str, Any]


def daq_inputs(rig: Rig) -> tuple[AnalogInput, ...]:
    """Return the inputs of the DAQ in the order of the recording's channels."""
    return tuple(
        AnalogInput(name, one.channel, one.range_V, InputReference(one.terminal))
        for name, one in _fields(rig.daq.inputs)
    )


def daq_outputs(rig: Rig) -> tuple[AnalogOutput, ...]:
    """Return the outputs of the DAQ with their limits."""
    return tuple(
        AnalogOutput(name, one.channel, one.min_V, one.max_V) for name, one in _fields(rig.daq.outputs)
    )


def _fields(section: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(section, name)) for name in type(section).model_fields]


def current_calibration(rig: Rig) -> CurrentCalibration:
    """Return the conversion of the current channel's volts to amperes."""
    amplifier = rig.current_amplifier
    return CurrentCalibration(
        gain_V_per_A=amplifier.true_gain_V_per_A,
        offset_V=amplifier.offset_V,
        series_resistance_ohm=rig.junction.series_resistance_ohm,
        full_scale_V=rig.daq.inputs.current.range_V,
        gain_uncertainty=amplifier.gain_relative_uncertainty,
    )


@contextmanager
def open_rig(
    rig: Rig,
    seen: Callable[[Keithley428State], None] = lambda state: None,
    wires: Wires = BY_ADDRESS,
) -> Iterator[OpenRig]:
    """Open every instrument of the rig and set the amplifiers; close them on leaving. Nothing moves.

    ``seen`` gets the state of the current amplifier whenever a run reads it.

    Raises
    ------
    NotNow
        If another program uses the card; its rig was not touched.
    RigError
        If an instrument does not answer or refuses a setting.
    """
    with ExitStack() as stack:
        controller = stack.enter_context(PXIController(rig.daq.controller, rig.daq.answer_s, wires.daq))
        daq = NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
        stack.enter_context(daq)
        _claim(daq, rig.daq.buffer_s)
        amplifier = Keithley428(wires.current_amplifier(rig.current_amplifier.address))
        stack.callback(amplifier.close)
        preamplifier = SR560(
            rig.voltage_preamplifier.address, line_address=rig.voltage_preamplifier.line_address
        )
        stack.callback(preamplifier.close)
        current_amplifier = amplifier.configure(_current_amplifier_settings(rig))
        settings = {
            "current_amplifier": asdict(current_amplifier),
            "voltage_preamplifier": asdict(preamplifier.configure(_preamplifier_settings(rig))),
        }
        verify = partial(_verify, amplifier, current_amplifier, seen)
        context = _context(rig, daq, verify, _stepper(rig, controller))
        if rig.current_amplifier.test_current:
            context = replace(context, test_current=lambda: test_current(amplifier, rig))
        yield OpenRig(context, settings)


@contextmanager
def test_current(amplifier: Keithley428, rig: Rig) -> Iterator[float]:
    """Suppress a small current at the amplifier's input; gives the change of its output, in V.

    The suppression is what it was before when the context is left.
    """
    gain = rig.current_amplifier.true_gain_V_per_A
    before_A, current_A = amplifier.suppress_A, proving_current_A(rig.daq.inputs.current.range_V / gain)
    amplifier.suppress_A = current_A
    try:
        amplifier.suppress_on = True
        yield current_A * gain
    finally:
        amplifier.suppress_on = False
        amplifier.suppress_A = before_A


def proving_current_A(full_scale_A: float) -> float:
    """Return the current that proves an input of this full scale: a share of it, but one that is well known."""
    return min(max(TEST_SHARE * full_scale_A, LEAST_TEST_A), MOST_TEST_SHARE * full_scale_A)


def _claim(daq: NI6281, buffer_s: float) -> None:
    """Sample for a moment: who is at work on a card samples, and must not lose it to another's safe state."""
    daq.start_acquisition(buffer_s)
    daq.stop_acquisition()


def _current_amplifier_settings(rig: Rig) -> Keithley428Settings:
    return Keithley428Settings(
        gain_V_per_A=rig.current_amplifier.gain_V_per_A,
        rise_time_s=rig.current_amplifier.rise_time_s,
        filter_on=True,
        auto_filter=False,
        zero_check=False,
        suppress_on=False,
        bias_supply_on=False,
        bias_supply_V=0.0,
    )


def _verify(
    amplifier: Keithley428, recorded: Keithley428Settings, seen: Callable[[Keithley428State], None]
) -> None:
    """Refuse an amplifier that somebody's hand, or a power cut, has changed. Raises ``RigError``.

    Compared is all that it says of itself with what the recording's header says of it, but for the display, and
    the range of a suppression that is off: no sample depends on them.
    """
    state = amplifier.state
    seen(state)
    changed = differences(replace(recorded, display=None, suppress_range=None), state)
    if changed:
        said = "The current amplifier was changed during the run: " + "; ".join(changed) + "."
        if state.bias_supply_on:
            said += f" {amplifier.to_safe()}."
        raise InstrumentFault(said)


def _preamplifier_settings(rig: Rig) -> SR560Settings:
    """All that the signal passes. Vernier and high-pass are out of it: nothing is sent that sets what is off."""
    return SR560Settings(
        coupling=InputCoupling.DC,
        source=Source.A_B,
        inverted=False,
        reserve=Reserve.LOW_NOISE,
        gain=rig.voltage_preamplifier.gain,
        vernier_on=False,
        filter_mode=FilterMode.LOWPASS_6,
        lowpass_Hz=rig.voltage_preamplifier.lowpass_Hz,
        blanked=False,
    )


def planned_context(rig: Rig) -> ProcedureContext:
    """Return the context for checking a procedure before the rig is opened, without instruments."""
    return _context(rig, cast(NI6281, _Planned(rig.daq.rate_Hz)), lambda: None, None)


@dataclass(frozen=True)
class _Planned:
    """All that a plan asks of a card."""

    rate_Hz: float


def _stepper(rig: Rig, controller: PXIController) -> Stepper | None:
    walker = rig.coarse
    if walker is None:
        return None
    return Stepper(
        controller,
        walker.device,
        walker.step_line,
        walker.direction_line,
        walker.step_nm * NM,
        walker.steps_per_s,
    )


def _context(rig: Rig, daq: NI6281, verify: Callable[[], None], coarse: Stepper | None) -> ProcedureContext:
    bias, z = rig.daq.outputs.bias, rig.daq.outputs.z
    return ProcedureContext(
        daq=daq,
        amplifier=current_calibration(rig),
        extension_m_per_V=rig.piezo.extension_nm_per_V * NM,
        z_range_V=(z.min_V, z.max_V),
        bias_range_V=(bias.min_V, bias.max_V),
        verify_amplifier=verify,
        coarse=coarse,
        bias_on=rig.junction.bias_on,
        resolution_V=2 * rig.daq.inputs.current.range_V / CODES,
        lowpass_Hz=rig.voltage_preamplifier.lowpass_Hz,
        rise_time_s=rig.current_amplifier.rise_time_s,
        tip_s=rig.probe.thermal_time_constant_s if rig.probe else 0.0,
        buffer_s=rig.daq.buffer_s,
        safe_z_V=rig.safe.z_V,
        loop_backs=loop_back_tolerance(rig),
        terminals=wired_terminals(rig),
    )


def loop_back_tolerance(rig: Rig) -> Tolerance:
    """Return how far a loop-back may be from what was commanded."""
    return Tolerance(rig.daq.loop_backs.relative_tolerance, rig.daq.loop_backs.tolerance_V)


def wired_terminals(rig: Rig) -> dict[str, str]:
    """Return the card's terminals: inputs by name, outputs as "bias output"."""
    inputs = {name: one.channel for name, one in _fields(rig.daq.inputs)}
    return {**inputs, **{f"{name} output": one.channel for name, one in _fields(rig.daq.outputs)}}
