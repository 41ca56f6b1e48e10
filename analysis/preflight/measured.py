"""Results of the stimuli, and what a right rig would give."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.preflight.responses import Responses
from analysis.preflight.scan import Statistics
from analysis.preflight.wiring import Wiring
from analysis.second_current import SecondCurrent


@dataclass(frozen=True)
class GainStep:
    """Scans with the thermometer's preamplifier grounded, coupled, and at a lower gain; statistics by terminal.

    ``ratio`` is the lower gain over the usual one.
    """

    grounded: Mapping[str, Statistics]
    coupled: Mapping[str, Statistics]
    lowered: Mapping[str, Statistics]
    ratio: float


@dataclass(frozen=True)
class Measured:
    """Results of one proof.

    Parameters
    ----------
    responses : Responses
    steps_V : mapping of str to float
        Size of the step of each output.
    at_rest : mapping of str to Statistics
        By terminal, at 0 V bias with the tip retracted.
    test_current_V : float, optional
        Change of the current input that the test current should cause; None without one.
    zero_V : float, optional
        Current input under zero check; None if the amplifier has none.
    overloaded : bool, optional
        Overload as the current amplifier reports it; None if it can't.
    gain_step : GainStep, optional
        None if the preamplifier can't be grounded and set by the program, or in the short form.
    whole : bool
        False for the short form.
    """

    responses: Responses
    steps_V: Mapping[str, float]
    at_rest: Mapping[str, Statistics]
    test_current_V: float | None = None
    zero_V: float | None = None
    overloaded: bool | None = None
    gain_step: GainStep | None = None
    whole: bool = True


@dataclass(frozen=True)
class Reference:
    """Results of an earlier proof of the same rig, with which the new ones are compared; None: not known."""

    test_current: float | None = None
    zero_V: float | None = None
    current_noise_V: float | None = None
    thermometer_ratio: float | None = None
    mains_V: float | None = None
    thermometer_V_per_rtHz: float | None = None
    stray_F: float | None = None
    reference_V: float | None = None


@dataclass(frozen=True)
class Facts:
    """Facts of a rig, from its file.

    Parameters
    ----------
    wiring : Wiring
    current_full_scale_V, thermometer_full_scale_V : float
    current_offset_V : float
    current_gain_V_per_A : float
    thermometer_gain : float
    thermometer_lowpass_Hz : float
    thermocouple_ohm : float, optional
        Resistance of the thermocouple with its leads.
    current_amplifier, preamplifier : str
        Names of the instruments.
    preamplifier_advice : str
        What to look at if the preamplifier does not obey.
    bias_divider : float
        Volts of the card's bias output per volt at the junction, as the rig file states it.
    bias_readback_V : float
        Range of the input that reads the bias back, in volts at the junction.
    answers : bool
        True if the current amplifier answers queries.
    resistor : bool
        True if a resistor may stand in for the junction: the current follows the bias, and may show any sign.
    keeps_time : bool
        True if the card's sample clock keeps the time of day, as any but a simulated one does.
    second_current : SecondCurrent, optional
        Second, finer input of the current amplifier's output.
    reference : Reference
    """

    wiring: Wiring
    current_full_scale_V: float = 10.0
    current_offset_V: float = 0.0
    current_gain_V_per_A: float = 1e5
    thermometer_full_scale_V: float = 10.0
    thermometer_gain: float = 1.0
    thermometer_lowpass_Hz: float = float("inf")
    thermocouple_ohm: float | None = None
    current_amplifier: str = "current amplifier"
    preamplifier: str = "preamplifier"
    preamplifier_advice: str = ""
    bias_divider: float = 1.0
    bias_readback_V: float = 10.0
    answers: bool = False
    resistor: bool = False
    keeps_time: bool = True
    second_current: SecondCurrent | None = None
    reference: Reference = field(default_factory=Reference)
