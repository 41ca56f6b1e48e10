"""What a procedure works on: the DAQ with its outputs, the current amplifier's calibration, the piezo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from analysis.conductance import CurrentCalibration
from drivers.ni6281 import NI6281


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
