"""Opening of a rig: its drivers, with the amplifiers set as in the rig file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Any, cast

from analysis.heating.arrival import CONVERT_DELAY, SCAN_TIMES
from analysis.thermoelectric.bias_resolution import BiasOutput
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER, model_of
from app.config.card_channels import daq_inputs, daq_outputs
from app.config.rig import Rig
from app.config.rig_context import current_calibration, rig_context
from drivers.amplifier import (
    Amplifier,
    CurrentAmplifier,
    Provenance,
    VoltagePreamplifier,
    Wire,
    keys_from,
)
from drivers.daqmx.card_report import CardReport
from drivers.daqmx.lines import DigitalLines
from drivers.errors import InstrumentFault
from drivers.guard import session_names
from drivers.heartbeat_line import HeartbeatLine
from drivers.ni6281 import NI6281
from drivers.pxi import Connect, PXIController
from drivers.settings import differences
from drivers.stepper import Stepper
from procedures.context import AmplifierStimuli, ProcedureContext

NM = 1e-9
TEST_SHARE, MOST_TEST_SHARE = 0.05, 0.8
"""Share of full scale, usual and largest, of the current that tests the current input."""

LEAST_TEST_A = 1e-10
"""Hundred steps of the suppression's smallest range: a smaller current is not known well enough."""

MOST_BY_HAND = 2
"""Most settings of an amplifier that one press of a key changes."""


@dataclass(frozen=True)
class Wires:
    """Connections to the instruments that a run reads all the time; by default their addresses.

    Parameters
    ----------
    daq : callable, optional
        As for ``PXIController``.
    current_amplifier : callable
        From its address to what its driver opens.
    """

    daq: Connect | None = None
    current_amplifier: Wire = str


BY_ADDRESS = Wires()


@dataclass(frozen=True)
class Card:
    """The card of a rig, for the recording."""

    product: str
    serial_number: int
    input_bits: int
    input_delay_s: float


@dataclass(frozen=True)
class OpenRig:
    """A rig whose instruments answered and have the settings of its file.

    ``settings`` is what was set, for the recording; what can't be read back says so. ``report`` is
    what the card says of its scan, ranges and calibrations. ``amplifiers`` are the settings of the
    amplifiers on which samples depend, ``drivers`` the amplifiers themselves, by role.
    """

    context: ProcedureContext
    settings: dict[str, Any]
    card: Card
    report: CardReport
    amplifiers: dict[str, Any]
    drivers: Mapping[str, Amplifier]


@contextmanager
def open_rig(
    rig: Rig,
    seen: Callable[[Any], None] = lambda state: None,
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
        controller = stack.enter_context(
            PXIController(rig.daq.controller, rig.daq.answer_s, wires.daq, session_names(rig.daq.device))
        )
        daq = NI6281(
            controller,
            rig.daq.device,
            daq_inputs(rig),
            daq_outputs(rig),
            rig.daq.rate_Hz,
            filtered=rig.daq.filter,
        )
        stack.enter_context(daq)
        _claim(daq, rig.daq.buffer_s)
        beat_on_line(daq, rig, stack)
        amplifier = cast(CurrentAmplifier, open_amplifier(rig, CURRENT_AMPLIFIER, wires))
        stack.callback(amplifier.close)
        preamplifier = cast(VoltagePreamplifier, open_amplifier(rig, VOLTAGE_PREAMPLIFIER, wires))
        stack.callback(preamplifier.close)
        recorded = set_amplifier(amplifier, rig.current_amplifier)
        report = daq.report
        sent = set_amplifier(preamplifier, rig.voltage_preamplifier)
        settings = {
            **card_settings(report),
            CURRENT_AMPLIFIER: _recorded(amplifier, recorded),
            VOLTAGE_PREAMPLIFIER: _recorded(preamplifier, sent),
        }
        working = {CURRENT_AMPLIFIER: _without_idle(recorded), VOLTAGE_PREAMPLIFIER: _without_idle(sent)}
        verify = partial(_verify, amplifier, _compared(recorded), seen)
        context = rig_context(rig, daq, verify, _stepper(rig, controller))
        context = replace(
            context,
            stimuli=stimuli(rig, amplifier, preamplifier),
            bias_output=_bias_output(rig, daq, report),
        )
        drivers = {CURRENT_AMPLIFIER: amplifier, VOLTAGE_PREAMPLIFIER: preamplifier}
        yield OpenRig(context, settings, _identified(daq), report, working, drivers)


def beat_on_line(daq: NI6281, rig: Rig, stack: ExitStack) -> None:
    """Let the heartbeat line of a rig, if it has one, toggle while samples come, until the stack is closed."""
    name = rig.safe.heartbeat_line
    if name is not None:
        daq.heartbeat = stack.enter_context(HeartbeatLine(daq.controller, daq.device, name)).beat
        stack.callback(setattr, daq, "heartbeat", lambda n: None)


def card_settings(report: CardReport) -> dict[str, Any]:
    """Return the card's report for the recording, with the times of the scan as the analysis needs them."""
    return {
        CONVERT_DELAY: min(report.scan_times_s.values()),
        SCAN_TIMES: dict(report.scan_times_s),
    }


def open_amplifier(rig: Rig, role: str, wires: Wires = BY_ADDRESS) -> Amplifier:
    """Open an amplifier of the rig without changing its settings. Raises ``RigError`` if it does not answer."""
    driver = model_of(rig, role).driver
    wire: Wire = wires.current_amplifier if role == CURRENT_AMPLIFIER else str
    if getattr(driver, "on_lines", False):
        wire = partial(_digital_lines, rig, wires.daq)
    return driver.at(keys_from(driver, getattr(rig, role)), wire)


def _digital_lines(rig: Rig, connect: Connect | None, device: str) -> DigitalLines:
    return DigitalLines.at(rig.daq.controller, device or rig.daq.device, rig.daq.answer_s, connect)


def set_amplifier(amplifier: Amplifier, wanted: Any) -> Any:
    """Set an amplifier to its table of the rig file; return its settings for the recording.

    Raises
    ------
    RigError
        If it refuses, or says of itself anything but what the file says.
    """
    keys = keys_from(type(amplifier), wanted)
    settings = amplifier.apply(keys)
    unlike = differences(keys, settings)
    if unlike:
        raise InstrumentFault(f"{amplifier.product} is not as the rig file sets it: {'; '.join(unlike)}.")
    return settings


def _without_idle(settings: Any) -> dict[str, Any]:
    """Return settings without those on which no sample depends."""
    idle = {one.name for one in fields(settings) if one.metadata.get("idle")}
    return {name: value for name, value in asdict(settings).items() if name not in idle}


def _recorded(amplifier: Amplifier, settings: Any) -> dict[str, Any]:
    """Return settings for the recording; those that were not read back say so."""
    unread = {} if amplifier.provenance is Provenance.READ else {"provenance": str(amplifier.provenance)}
    via = {"via": amplifier.via} if getattr(amplifier, "via", "") else {}
    return {**unread, **via, **asdict(settings)}


def stimuli(rig: Rig, amplifier: CurrentAmplifier, preamplifier: VoltagePreamplifier) -> AmplifierStimuli:
    """Return what the amplifiers can do for a proof of the rig."""
    can_inject = getattr(rig.current_amplifier, "test_current", False)  # a key of those that can
    return AmplifierStimuli(
        test_current=partial(_test_current, amplifier, rig) if can_inject else None,
        zero_check=_offered(amplifier, "zero_checked"),
        ground=_offered(preamplifier, "grounded"),
        lower_gain=_offered(preamplifier, "gain_lowered"),
        overloaded=lambda: amplifier.overloaded,
    )


def _offered(amplifier: Amplifier, name: str) -> Callable[[], AbstractContextManager[Any]] | None:
    """Return a stimulus that an amplifier can give; None if it can't. Asking does not apply it."""
    offer: Callable[[], AbstractContextManager[Any] | None] | None = getattr(amplifier, name, None)
    if offer is None or offer() is None:
        return None
    return cast(Callable[[], AbstractContextManager[Any]], offer)


@contextmanager
def _test_current(amplifier: CurrentAmplifier, rig: Rig, sign: float) -> Iterator[float]:
    """Add a small current of this sign to the amplifier's input; gives the expected change of its output, in V."""
    gain = rig.current_amplifier.true_gain_V_per_A
    calibration = current_calibration(rig)
    current_A = sign * proving_current_A(calibration.full_scale_V / gain)
    polarity = -1.0 if calibration.inverting else 1.0
    with amplifier.inject(current_A) as chosen_A:
        yield polarity * (current_A if chosen_A is None else chosen_A) * gain


def proving_current_A(full_scale_A: float) -> float:
    """Return the current that proves an input of this full scale: a share of it, but one that is well known."""
    return min(max(TEST_SHARE * full_scale_A, LEAST_TEST_A), MOST_TEST_SHARE * full_scale_A)


def _identified(daq: NI6281) -> Card:
    identity = daq.identity
    return Card(identity.product_type, identity.serial, daq.input_bits, daq.input_delay_s)


def _bias_output(rig: Rig, daq: NI6281, report: CardReport) -> BiasOutput:
    """Return what the card reports of its output for the bias."""
    low_V, high_V = report.output_ranges_V["bias"]
    return BiasOutput(daq.output_bits("bias"), (high_V - low_V) / 2.0, rig.daq.outputs.bias.divider)


def _claim(daq: NI6281, buffer_s: float) -> None:
    """Sample for a moment: who is at work on a card samples, and must not lose it to another's safe state."""
    daq.start_acquisition(buffer_s)
    daq.stop_acquisition()


def _compared(recorded: Any) -> Any:
    """Return the settings of the recording's header with None for those on which no sample depends."""
    return replace(recorded, **{one.name: None for one in fields(recorded) if one.metadata.get("idle")})


def _verify(amplifier: CurrentAmplifier, compared: Any, seen: Callable[[Any], None]) -> None:
    """Refuse an amplifier that was changed by hand, or by a power cut. Raises ``RigError``.

    All that it says of itself is compared with ``compared``, of `_compared`.
    """
    state = amplifier.state
    seen(state)
    changed = differences(compared, state)
    if changed:
        message = "The current amplifier was changed during the run: " + "; ".join(changed) + "."
        if len(changed) > MOST_BY_HAND:
            message += " More than one at once: it was off for a moment, or was cleared."
        if getattr(state, "bias_supply_on", False):
            message += f" {amplifier.to_safe()}."
        raise InstrumentFault(message)


def _stepper(rig: Rig, controller: PXIController) -> Stepper | None:
    walker = rig.coarse
    if walker is None:
        return None
    if walker.device not in ("", rig.daq.device):
        controller.device(walker.device)  # another card: known now, not when the tip is to be walked
    return Stepper(
        controller,
        walker.device or rig.daq.device,
        walker.step_line,
        walker.direction_line,
        walker.step_nm * NM,
        walker.steps_per_s,
        most_travel_m=rig.limits.coarse_travel_nm * NM,
    )
