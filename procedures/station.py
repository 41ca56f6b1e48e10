"""What a procedure works on: the DAQ with its outputs, the current amplifier's calibration, the piezo."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from analysis.conductance import CurrentCalibration
from analysis.loop_backs import Tolerance
from drivers.ni6281 import NI6281

INPUT_ROLES = {
    "bias": "bias loop-back",
    "z": "z loop-back",
    "current": "current input",
    "thermocouple": "thermocouple input",
}


class CoarsePositioner(Protocol):
    """Moves the tip's housing over more than the piezo's range."""

    def move(self, distance_m: float, meanwhile: Callable[[], object]) -> None:
        """Move toward the sample (positive) or away. Called with the tip fully retracted and 0 V bias.

        A long move calls ``meanwhile`` now and then; what that raises ends the move.
        """


@dataclass(frozen=True)
class Station:
    """One rig, as its procedures see it.

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
        Raises ``RigError`` if the current amplifier does not answer or no longer stands as it was set: then
        the conductance is not what it seems, and a tip must not approach.
    bias_on : str
        Electrode that the bias drives, "substrate" or "probe".
    resolution_V : float
        Step of the converter at the current's input; 0 where unknown.
    lowpass_Hz : float
        Corner of the thermometer's filter; ``inf`` where there is none.
    rise_time_s : float
        Of the current amplifier.
    tip_s : float
        Thermal time constant of the tip; 0 where unknown.
    buffer_s : float
        How long the card keeps samples that nobody reads.
    safe_z_V : float
        Where the z output stands when nobody is in control.
    loop_backs : Tolerance
        Within which a loop-back must show what was commanded.
    terminals : mapping of str to str
        Of the card: "bias output", "z output", and the inputs by name ("current" -> "ai0").
    test_current : callable, optional
        A context in which the current amplifier suppresses a small current at its own input; its value is the change of
        the output to be expected, in V, of either sign. None where the amplifier can't.
    current_proved : bool
        The current input was seen to follow the amplifier in this run.
    coarse : CoarsePositioner or None
        None where the rig has none: re-centring then ends the run and says what to do by hand.
    """

    daq: NI6281
    amplifier: CurrentCalibration
    extension_m_per_V: float
    z_range_V: tuple[float, float]
    bias_range_V: tuple[float, float]
    verify_amplifier: Callable[[], None] = lambda: None
    coarse: CoarsePositioner | None = None
    bias_on: str = "substrate"
    resolution_V: float = 0.0
    lowpass_Hz: float = float("inf")
    rise_time_s: float = 0.0
    tip_s: float = 0.0
    buffer_s: float = 10.0
    safe_z_V: float = 0.0
    loop_backs: Tolerance = field(default_factory=Tolerance)
    terminals: Mapping[str, str] = field(default_factory=dict)
    test_current: Callable[[], AbstractContextManager[float]] | None = None
    current_proved: bool = False

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
        """Name an input for a message: "bias loop-back (ai2)"."""
        return f"{INPUT_ROLES.get(name, name)} ({self.terminals.get(name, 'terminal unknown')})"

    def output_name(self, name: str) -> str:
        """Name an output for a message: "bias output (ao0)"."""
        return f"{name} output ({self.terminals.get(f'{name} output', 'terminal unknown')})"
