"""Steps of a procedure's plan, and their outcomes.

A procedure's ``plan()`` is a generator of steps. It never sleeps, prints, opens a file or uses a thread: it
yields a step and receives its ``Outcome``. The runner (``procedures.runner``) is the only interpreter.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from analysis.detect import Detector
from analysis.heating.programme import LevelProgramme
from analysis.records import Event, FloatArray
from analysis.spectra.sine import Sine
from procedures.heater import HeaterSine


@dataclass(frozen=True)
class SetBias:
    """Apply ``bias_V`` to the junction at once; the tip stays."""

    bias_V: float


@dataclass(frozen=True)
class Ramp:
    """Move the tip at constant speed until it arrives or a detector fires.

    Parameters
    ----------
    name : str
        Name of the step in the recording ("approach", "withdraw").
    to_m : float
        Extension of the piezo toward the sample at the end of the ramp, unless a detector stops it.
    speed_m_per_s : float
        Positive; the direction follows from ``to_m``.
    until : mapping of str to Detector
        Detectors that stop the ramp early. The first to fire names the outcome.
    reaction_s : float
        Longest delay before a fired detector is noticed; the tip travels on for about this long at most.
    later_s : mapping of str to float
        Longer delays, for detectors that allow them, by their names in ``until``.
    sine : Sine or None
        Alternating bias during the ramp, without a gap; the detectors then get the conductance of a lock-in. The
        previous bias comes back at the end.
    levels : LevelProgramme or None
        Bias levels in place of a sine, for a ramp away from the sample. The detectors get the conductance at the levels
        that have a bias, and between them the mean of the last one.
    average_s : float
        Length of the lock-in's boxcars in the evaluation, for the recording.
    skips : str
        What a user skips by ending the step early, which then ends as "skipped"; "" if the plan needs all of it.
    blind_m : float
        Longest way toward the sample without a sign that the current is measured. Beyond it the amplifier is asked,
        and must answer with its test current if it has one.
    contact_m : float
        Extension at the last contact, which is such a sign for all smaller ones, as long as neither heater nor coarse
        positioner has moved the surface since, and the rig was not in the safe state; -inf without a contact.
    """

    name: str
    to_m: float
    speed_m_per_s: float
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.02
    later_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sine: Sine | None = None
    levels: LevelProgramme | None = None
    average_s: float = 0.0
    skips: str = ""
    blind_m: float = math.inf
    contact_m: float = -math.inf


@dataclass(frozen=True)
class MeasureLag:
    """Measure the lag of the current behind the bias with an alternating bias and the tip away.

    Only the capacitance between tip and sample conducts there, and its current leads by exactly 90 degrees. Later ramps
    with a `Sine` correct for the lag.
    """

    sine: Sine
    duration_s: float


@dataclass(frozen=True)
class HoldStep:
    """Keep tip and bias as they are for ``duration_s``, or until a detector fires.

    After that nothing changes for another ``linger_s``, so that a rupture has samples on both sides. ``skips`` as for
    `Ramp`.
    """

    name: str
    duration_s: float
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.02
    linger_s: float = 0.0
    skips: str = ""


@dataclass(frozen=True)
class Modulate:
    """Apply a level programme to the bias for ``duration_s``, or until a detector fires; the tip stays, or creeps.

    A step that runs to its end restores the previous bias. If a detector of ``trip`` fires, the bias goes to 0 V as
    early as possible and stays there. If one of ``until`` fires, the modulation goes on for ``linger_s``, so that a
    rupture has samples on both sides; then the step ends like one that ran to its end.

    Parameters
    ----------
    name : str
        Name of the step in the recording ("modulate").
    programme : LevelProgramme
    duration_s : float
    trip : mapping of str to Detector
        Detectors that remove the bias at once. They get the current in A (``inf`` where the amplifier is railed).
    reaction_s : float
        Interval between checks of the samples.
    payload : mapping
        Recorded at the step's begin, beside the programme.
    until : mapping of str to Detector
        Detectors that end the step later, after ``linger_s``; they get the current, too.
    linger_s : float
    heater : HeaterSine or None
        Alternating voltage across the heater meanwhile; afterwards it has its steady one again.
    creep_m_per_s : float
        Speed at which the tip withdraws meanwhile, also while it lingers; 0: it stays.
    skips : str
        As for `Ramp`.
    """

    name: str
    programme: LevelProgramme
    duration_s: float
    trip: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.002
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    linger_s: float = 0.0
    heater: HeaterSine | None = None
    creep_m_per_s: float = 0.0
    skips: str = ""


@dataclass(frozen=True)
class SweepStep:
    """Apply a bias waveform to the junction, one value per sample, until its end or a detector; the tip stays.

    Previous bias, ``trip``, ``reaction_s`` and ``skips`` as for `Modulate`; ``bias_V`` has shape (n,).
    """

    name: str
    bias_V: FloatArray
    trip: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.002
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    skips: str = ""


@dataclass(frozen=True)
class Baseline:
    """Measure the current amplifier's output at 0 V bias for ``duration_s`` and take that as its zero.

    The previous bias is restored afterwards.
    """

    duration_s: float


@dataclass(frozen=True)
class Acquire:
    """Sample without driving any output, and record events at given samples.

    Parameters
    ----------
    until : int
        Index of the sample at which to end.
    events : sequence of Event
        By order of their samples. Each is recorded before the samples that follow it.
    """

    until: int
    events: Sequence[Event] = ()


@dataclass(frozen=True)
class Recentre:
    """Bring the surface back to the middle of the piezo's range with the coarse positioner.

    ``distance_m`` is the travel of the tip's housing toward the sample (negative: away).
    """

    distance_m: float


@dataclass(frozen=True)
class WatchingBias:
    """Alternating bias while the tip is away, for a touch and for the path of the current.

    The detectors get the conductance of a lock-in. The run ends if less charge crosses from sample to probe than that
    of ``least_F``; 0 demands none.
    """

    sine: Sine
    least_F: float = 0.0


@dataclass(frozen=True)
class SetHeater:
    """Set the heater to a power and wait until it has settled; the tip must be away, because the tip expands.

    The outcome holds the mean of its read-back and of the thermometers. The heater keeps its power through `MakeSafe`
    steps; it is off at every end of a run.

    Parameters
    ----------
    power_W : float
    polarity : int
        +1 or -1: sign of the voltage across the heater.
    settle_s : float
        Time after the change before the next step.
    until : mapping of str to Detector
        Detectors that end the wait, by their names in the outcome; they get the conductance in G0.
    watching : WatchingBias or None
        Bias meanwhile; afterwards it is what it was.
    """

    power_W: float
    polarity: int = 1
    settle_s: float = 0.2
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    watching: WatchingBias | None = None


@dataclass(frozen=True)
class Settle:
    """Wait until an input has stopped to change.

    Parameters
    ----------
    name : str
        Input, in K.
    K_per_s : float
        Mean slope over two seconds below which it counts as steady.
    longest_s : float
        Time after which the run ends with a fault.
    until, watching
        As for `SetHeater`.
    """

    name: str
    K_per_s: float = 0.02
    longest_s: float = 600.0
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    watching: WatchingBias | None = None


@dataclass(frozen=True)
class WriteNote:
    """Add a mark to the recording."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class MakeSafe:
    """Zero the bias and retract the tip: the state that needs no control."""


Step = (
    SetBias
    | Ramp
    | MeasureLag
    | HoldStep
    | Modulate
    | SweepStep
    | Baseline
    | Acquire
    | Recentre
    | SetHeater
    | Settle
    | WriteNote
    | MakeSafe
)

FINISHED = "finished"
"""``Outcome.ended`` of a step that ran to its end."""


APPROACH = "approach"
"""Name of the ramp that makes a contact. It may start at any tip position, so a run can pause before it."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of one step.

    Parameters
    ----------
    ended : str
        Name of the detector that fired, "skipped" by the user, or "finished".
    extension_m : float
        Extension of the piezo after the step.
    samples : tuple of int
        (start, stop) of the samples taken during the step.
    conductance_G0 : float
        Mean over the last tenth of a second of the step; NaN if it is undefined (no bias, railed, a mark).
    current_A : float
        Mean modulus of the current over a `Modulate` or `SweepStep`, else NaN.
    noise_A : float
        Standard deviation of the current over a `Baseline`, else NaN.
    inputs : mapping of str to float
        Mean of every input at the end of a `SetHeater`, else empty.
    """

    ended: str
    extension_m: float
    samples: tuple[int, int]
    conductance_G0: float = float("nan")
    current_A: float = float("nan")
    noise_A: float = float("nan")
    inputs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
