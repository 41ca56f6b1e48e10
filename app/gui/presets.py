"""Settings for the junctions of Lee et al., Nature 498, 209 (2013).

Amplitudes, windows and numbers of holds are the paper's. The tip is withdrawn five times faster than in the paper
(0.1 nm/s), which the plateaus of these junctions allow, and approaches faster still: an opening takes a few seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procedures.procedure import RigProcedure

MOVES = {"approach_speed": 10.0, "withdraw_speed": 0.5, "past_break": 1.2, "baseline_every": 10}
HELD = {"stop_within": 0.015, "leave_speed": 10.0}


@dataclass(frozen=True)
class Preset:
    """Settings for one kind of junction.

    Parameters
    ----------
    name : str
    sample : str
        Name of the sample in the recording.
    species : str
        Name of the sample in a simulated rig.
    values : mapping
        Values by parameter, for every procedure that has the parameter.
    """

    name: str
    sample: str
    species: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def of(self, procedure: "type[RigProcedure]") -> dict[str, Any]:
        """Return the values of the procedure's parameters, except those that it keeps."""
        from procedures.pymeasure_types import Parameter

        return {
            name: value
            for name, value in {**MOVES, **HELD, **self.values}.items()
            if name not in procedure.keeps and isinstance(getattr(procedure, name, None), Parameter)
        }


PRESETS = (
    Preset(
        "Au – BDNC – Au", "Au-BDNC-Au", "BDNC",
        {"conductance": 0.002, "peak": 1.35, "amplitudes": (0.74, 0.95, 1.08, 1.18, 1.27)},
    ),
    Preset(
        "Au – BDA – Au", "Au-BDA-Au", "BDA",
        {"conductance": 0.005, "peak": 0.88, "amplitudes": (0.44, 0.58, 0.68, 0.76, 0.82)},
    ),
    Preset(
        "Au – Au", "Au-Au", "Au",
        {"conductance": 1.0, "peak": 0.075, "amplitudes": (0.030, 0.043, 0.052, 0.060, 0.067)},
    ),
)  # fmt: skip


def preset_for(rig_name: str) -> Preset:
    """Return the preset of a simulated rig's sample, or the first preset."""
    names = rig_name.replace(",", " ").split()
    return next((preset for preset in PRESETS if preset.species in names), PRESETS[0])
