"""The vocabulary of a procedure: a few frozen steps, and what comes back from them.

A procedure's ``plan()`` is a generator of steps. It never sleeps, prints, opens a file or sees a thread: it
yields what it wants and receives an ``Outcome``. The runner (``procedures.runner``) is the only interpreter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from analysis.detect import Detector
from analysis.heating.programme import LevelProgramme
from analysis.records import Event, FloatArray


@dataclass(frozen=True)
class SetBias:
    """Put ``bias_V`` on the junction at once; the tip stays."""

    bias_V: float


@dataclass(frozen=True)
class Ramp:
    """Move the tip at constant speed until it arrives or a detector fires.

    Parameters
    ----------
    name : str
        Name of the step in the recording ("approach", "withdraw").
    to_m : float
        Extension of the piezo toward the sample, where the ramp ends if nothing stops it.
    speed_m_per_s : float
        Positive; the direction follows from ``to_m``.
    until : mapping of str to Detector
        Reasons to stop early. The first to fire ends the ramp and names the outcome.
    reaction_s : float
        How late a detector's sample may be noticed: the tip travels on for at most about this long.
    later_s : mapping of str to float
        The same for those detectors that may be noticed later, by their names in ``until``.
    """

    name: str
    to_m: float
    speed_m_per_s: float
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.02
    later_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Hold:
    """Keep tip and bias as they are for ``duration_s``, or until a detector fires."""

    name: str
    duration_s: float
    until: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.02


@dataclass(frozen=True)
class Modulate:
    """Put a level programme on the bias for ``duration_s``, or until a detector fires; the tip stays.

    The bias before is put back when the step has run to its end; when a detector has fired, the bias is 0 V from
    the earliest possible moment on, and stays there.

    Parameters
    ----------
    name : str
        Name of the step in the recording ("modulate").
    programme : LevelProgramme
    duration_s : float
    trip : mapping of str to Detector
        Reasons to take the bias away at once. Fed the current in A (``inf`` where the amplifier is railed).
    reaction_s : float
        How often the samples are looked at.
    payload : mapping
        Goes into the recording with the step's begin, beside the programme.
    """

    name: str
    programme: LevelProgramme
    duration_s: float
    trip: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.002
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Sweep:
    """Put a bias waveform on the junction, one value a sample, until its end or a detector; the tip stays.

    Bias before, ``trip`` and ``reaction_s`` as for `Modulate`; ``bias_V`` has shape (n,).
    """

    name: str
    bias_V: FloatArray
    trip: Mapping[str, Detector] = field(default_factory=lambda: MappingProxyType({}))
    reaction_s: float = 0.002
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Baseline:
    """Measure the current amplifier's output at 0 V bias for ``duration_s`` and take that as its zero.

    The bias is taken away for the time of the step and then put back.
    """

    duration_s: float


@dataclass(frozen=True)
class Acquire:
    """Sample while nothing is moved or driven, and write down events of which it is known when they come.

    Parameters
    ----------
    until : int
        Index of the sample at which to end.
    events : sequence of Event
        In the order of their samples. Each is written before the samples that follow it.
    """

    until: int
    events: Sequence[Event] = ()


@dataclass(frozen=True)
class Recentre:
    """Bring the surface back to the middle of the piezo's range with the coarse positioner.

    ``distance_m`` is how far the tip's housing has to go toward the sample (negative: away).
    """

    distance_m: float


@dataclass(frozen=True)
class Mark:
    """Write a note into the recording."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Safe:
    """Bias 0 V, tip back: the state in which nobody need be in control."""


Step = SetBias | Ramp | Hold | Modulate | Sweep | Baseline | Acquire | Recentre | Mark | Safe

FINISHED = "finished"
"""``Outcome.ended`` of a step that ran to its own end."""


APPROACH = "approach"
"""Name of the ramp that makes a contact, from wherever the tip is: a run can be paused before it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a step.

    Parameters
    ----------
    ended : str
        Name of the detector that fired, or "finished".
    extension_m : float
        Where the piezo stands now.
    samples : tuple of int
        (start, stop): the samples taken during the step.
    conductance_G0 : float
        Mean over the last tenth of a second of the step; NaN where the step saw none (no bias, railed, a mark).
    current_A : float
        Mean modulus of the current over a `Modulate` or `Sweep`, else NaN.
    """

    ended: str
    extension_m: float
    samples: tuple[int, int]
    conductance_G0: float = float("nan")
    current_A: float = float("nan")
