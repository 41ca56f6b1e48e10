"""Context of a procedure: the DAQ with its outputs, the current amplifier's calibration, the piezo."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from analysis.conductance import CurrentCalibration
from analysis.loop_backs import Tolerance
from analysis.preflight.measured import Facts
from analysis.preflight.wiring import Wiring
from analysis.thermoelectric.bias_resolution import BiasOutput
from analysis.thermoelectric.detectability import ThermometerNoise
from procedures.heater import Heater

if TYPE_CHECKING:
    from drivers.ni6281 import NI6281


class CoarsePositioner(Protocol):
    """Positioner of the tip's housing, with more range than the piezo."""

    def move(self, distance_m: float, meanwhile: Callable[[], object]) -> None:
        """Move toward the sample (positive) or away. Called with the tip fully retracted and 0 V bias.

        A long move calls ``meanwhile`` at intervals; an exception from it ends the move.
        """


@dataclass(frozen=True)
class AmplifierStimuli:
    """Stimuli that the amplifiers of a rig offer for a proof; None for what they can't do.

    Parameters
    ----------
    test_current : callable
        From a sign to a context in which the current amplifier adds a small current to its own input; its value is
        the expected change of the current input, in V, with sign.
    zero_check : callable
        Context in which the current input shows the amplifier's own offset.
    ground : callable
        Context in which the preamplifier's input is grounded.
    lower_gain : callable
        Context with a lower gain of the preamplifier; its value is that gain over the usual one.
    overloaded : callable
        True if the current amplifier reports an overload; None if it can't.
    """

    test_current: Callable[[float], AbstractContextManager[float]] | None = None
    zero_check: Callable[[], AbstractContextManager[object]] | None = None
    ground: Callable[[], AbstractContextManager[object]] | None = None
    lower_gain: Callable[[], AbstractContextManager[float]] | None = None
    overloaded: Callable[[], bool | None] = lambda: None


@dataclass(frozen=True)
class ProcedureContext:
    """Rig as its procedures use it.

    Parameters
    ----------
    daq : NI6281
        Inputs "current", "bias", "z" (and more), outputs "bias" and "z".
    amplifier : CurrentCalibration
        Gain and series resistance that turn the current channel's volts into conductance.
    extension_m_per_V : float
        Piezo constant seen from the DAQ's z output.
    z_range_V : tuple of float
        (retracted, extended) limits of the z output.
    bias_range_V : tuple of float
        Limits of the bias output.
    verify_amplifier : callable
        Raises ``RigError`` if the current amplifier does not answer or its settings have changed: the conductance
        is then wrong, and the tip must not approach.
    bias_output : BiasOutput or None
        Steps and range of the card's output for the bias; None for a card that has not been asked yet.
    bias_on : str
        Electrode that the bias drives, "substrate" or "probe".
    resolution_V : float
        Step of the converter at the current input; 0 if unknown.
    lowpass_Hz : float
        Corner of the thermometer's low-pass filter; ``inf`` without a filter.
    rise_time_s : float
        Rise time of the current amplifier.
    tip_s : float
        Thermal time constant of the tip; 0 if unknown.
    buffer_s : float
        Time for which the card keeps unread samples.
    step_m : float
        Largest distance by which a single write moves the tip.
    longest_read_s : float
        Longest wait for samples; whoever watches this program hears of each read.
    safe_z_V : float
        z output in the safe state.
    loop_backs : Tolerance
        Largest difference between a loop-back and its command.
    input_delay_s : float
        Time by which digital filters of the card delay all inputs.
    reaction_s : float
        Longest time from a contact to a stopped tip, without that delay.
    check_every_s : float
        Interval between checks of the current on the way to a contact.
    most_overshoot_m : float
        Longest way that the tip may travel on in that time.
    blind_m : float
        Longest way of an approach without a sign that the current is measured.
    least_stray_F : float
        Least capacitance between sample and probe that shows their cables to be on; 0 demands none.
    most_bias_step_V, most_speed_m_per_s : float
        Largest step of the bias at once, and largest speed of the tip.
    most_current_A : float
        Current beyond which a run ends.
    high_bias_V, most_high_bias_s : float
        Bias that is high, and the longest time at it.
    extra_outputs : mapping of str to float
        Values, during a run, of outputs beyond bias and z.
    heater : Heater or None
        None without one.
    thermometer_V_per_K : float
        Volts at the thermocouple's input per kelvin, with the gain of the preamplifier; 0 if unknown.
    tip : ThermometerNoise or None
        Thermal resistance, thermopower and noise of the tip; None if it is not calibrated.
    facts : Facts
        Wiring of the card and properties of the amplifiers, for the proof before the first motion.
    stimuli : AmplifierStimuli
    current_proved : bool
        True if the current input has followed the amplifier in this run.
    last_contact : str
        Last contact before this run that proved the cables of sample and probe; "" if none is known.
    back_m : float
        Way by which the coarse positioner has gone back since the last contact, in earlier runs.
    coarse : CoarsePositioner or None
        None without one: re-centring then ends the run with instructions to move by hand.
    """

    daq: "NI6281"
    amplifier: CurrentCalibration
    extension_m_per_V: float
    z_range_V: tuple[float, float]
    bias_range_V: tuple[float, float]
    verify_amplifier: Callable[[], None] = lambda: None
    coarse: CoarsePositioner | None = None
    bias_output: BiasOutput | None = None
    bias_on: str = "substrate"
    resolution_V: float = 0.0
    lowpass_Hz: float = float("inf")
    rise_time_s: float = 0.0
    tip_s: float = 0.0
    buffer_s: float = 10.0
    longest_read_s: float = 0.5
    safe_z_V: float = 0.0
    step_m: float = 5e-9
    loop_backs: Tolerance = field(default_factory=Tolerance)
    input_delay_s: float = 0.0
    reaction_s: float = 0.0
    check_every_s: float = 0.02
    most_overshoot_m: float = float("inf")
    blind_m: float = float("inf")
    least_stray_F: float = 0.0
    most_bias_step_V: float = float("inf")
    most_speed_m_per_s: float = float("inf")
    most_current_A: float = float("inf")
    high_bias_V: float = float("inf")
    most_high_bias_s: float = float("inf")
    extra_outputs: Mapping[str, float] = field(default_factory=dict)
    heater: Heater | None = None
    thermometer_V_per_K: float = 0.0
    tip: ThermometerNoise | None = None
    facts: Facts = field(default_factory=lambda: Facts(Wiring()))
    stimuli: AmplifierStimuli = field(default_factory=AmplifierStimuli)
    current_proved: bool = False
    last_contact: str = ""
    back_m: float = 0.0

    @property
    def extension_range_m(self) -> tuple[float, float]:
        """(retracted, extended) limits of the piezo."""
        low, high = self.z_range_V
        return low * self.extension_m_per_V, high * self.extension_m_per_V

    @property
    def rate_Hz(self) -> float:
        """Samples per second and channel."""
        return self.daq.rate_Hz

    def input_name(self, name: str) -> str:
        """Return the name of an input for a message: "bias loop-back (ai2)"."""
        return self.facts.wiring.input(name)

    def output_name(self, name: str) -> str:
        """Return the name of an output for a message: "bias output (ao0)"."""
        return self.facts.wiring.output(name)
