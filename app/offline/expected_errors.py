"""Errors of results beside those that their procedures expected before the run.

Procedure and rig are rebuilt from the headers of the recordings, so that the expectation is that of the run's own
settings. Several recordings of one experiment are expected to have the error of their weighted mean.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.json_data import to_json
from analysis.numbers import significant
from analysis.recording import RunHeader
from analysis.thermoelectric.ac_run import ACAnalysis
from analysis.thermoelectric.noise_run import NoiseAnalysis
from analysis.thermoelectric.openings import OpeningAnalysis
from analysis.thermoelectric.peltier_run import PeltierAnalysis
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from app.offline.recordings import Part, RecordingKind
from procedures.registry import recorded_by

if TYPE_CHECKING:
    from procedures.expectation import Expectation

FAR = 2.0
"""Factor between both errors, either way, from which on a sentence says so."""

CERTAIN = 2.0
"""Standard errors of the reached error, which has few junctions behind it, beyond which the factor counts."""

FEWER = 1.1
"""Factor of the error by which missing junctions are worth a sentence."""


@dataclass(frozen=True)
class ReachedError:
    """Statistical error of a result, and the cycles behind it; ``difference_K`` for one of several results."""

    kind: RecordingKind
    sigma: float
    used: int
    difference_K: float | None = None


@dataclass(frozen=True)
class ErrorComparison:
    """Expected and reached error of a result, in SI units; shown in ``unit``, with ``scale`` for 1 in SI units."""

    quantity: str
    unit: str
    scale: float
    expected: float
    reached: float
    planned: int
    used: int
    repeats: str
    assumed: str

    @property
    def ratio(self) -> float:
        """Reached over expected error."""
        return self.reached / self.expected

    @property
    def explained(self) -> float:
        """Factor of the error that the number of cycles explains: fewer were used, or more, than were planned."""
        return math.sqrt(self.planned / self.used) if self.used else math.inf

    @property
    def far(self) -> bool:
        """True if both differ by more than a factor of two, and by more than so few junctions may do by chance."""
        return self._is_far(self.ratio)

    def _is_far(self, ratio: float) -> bool:
        chance = CERTAIN / math.sqrt(2.0 * max(self.used - 1, 1))
        return abs(math.log(ratio)) > max(math.log(FAR), chance)

    @property
    def sentence(self) -> str:
        """Sentence for an error that is far from the expected one; "" for another one."""
        if not self.far:
            return ""
        found = f"The error of the {self.quantity} is {significant(self.ratio, 2)} times the expected one."
        if self.explained > FEWER:
            found += (
                f" {self.used} of {self.planned} {self.repeats} could be used, which explains a factor of "
                f"{significant(self.explained, 2)}."
            )
        if self._is_far(self.ratio / self.explained):
            less = self.ratio < self.explained
            found += f" There is {'less' if less else 'more'} noise, or junctions differ {'less' if less else 'more'}, "
            found += f"than was assumed{f' ({self.assumed})' if self.assumed else ''}."
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON, in SI units."""
        content: dict[str, Any] = to_json(
            {
                "quantity": self.quantity,
                "expected": self.expected,
                "reached": self.reached,
                "ratio": self.ratio,
                "planned": self.planned,
                "used": self.used,
                "repeats": self.repeats,
                "assumed": self.assumed,
                "sentence": self.sentence,
            }
        )
        return content


def reached_errors(
    thermopower: ThermopowerAnalysis | None,
    conductance: ThermalConductanceAnalysis | None,
    opening: OpeningAnalysis | None,
    ac: ACAnalysis | None,
    peltier: PeltierAnalysis | None,
    noise: NoiseAnalysis | None,
) -> Iterator[ReachedError]:
    """Yield the statistical errors of the results that there are, without what calibrations add to them."""
    if thermopower is not None and thermopower.line is not None:
        yield ReachedError(RecordingKind.THERMOPOWER, thermopower.line.sigma_slope, len(thermopower.holds))
    if conductance is not None:
        yield ReachedError(
            RecordingKind.THERMAL_CONDUCTANCE, conductance.conductance.sigma, len(conductance.used)
        )
    if opening is not None:
        yield ReachedError(RecordingKind.THERMAL_OPENING, opening.sigma, opening.traces + opening.off)
    if ac is not None and ac.thermopower.line is not None:
        yield ReachedError(RecordingKind.AC, ac.thermopower.line.sigma_slope, len(ac.thermopower.holds))
    if peltier is not None:
        yield ReachedError(RecordingKind.PELTIER, peltier.coefficient.sigma, len(peltier.holds))
    for one in noise.sets if noise is not None else ():
        yield ReachedError(RecordingKind.NOISE, one.contacts_sigma_K, one.contacts, one.difference_K)


def compared_errors(
    parts: Mapping[RecordingKind, Sequence[Part]], reached: Iterable[ReachedError]
) -> tuple[ErrorComparison, ...]:
    """Compare errors with those that the recordings of each kind were expected to give; nothing for unknown ones."""
    return tuple(found for one in reached if (found := _compared(parts[one.kind], one)) is not None)


def _compared(parts: Sequence[Part], reached: ReachedError) -> ErrorComparison | None:
    if not (math.isfinite(reached.sigma) and reached.sigma > 0.0):
        return None
    own = [part.header for part in parts if not part.control]
    if reached.difference_K is not None:
        own = [header for header in own if reached.difference_K in header.parameters.get("dT_K", ())]
    expected = [expected_of(header) for header in own]
    known = [one for one in expected if one is not None and one.sigma > 0.0]
    if not known or len(known) < len(expected):
        return None
    first = known[0]
    at = "" if reached.difference_K is None else f" at dT = {reached.difference_K:g} K"
    return ErrorComparison(
        first.quantity + at,
        first.unit,
        first.scale,
        expected=sum(one.sigma**-2 for one in known) ** -0.5,
        reached=reached.sigma,
        planned=sum(one.cycles for one in known),
        used=reached.used,
        repeats=first.repeats,
        assumed=first.assumed,
    )


def expected_of(header: RunHeader) -> "Expectation | None":
    """Return what the procedure of a recording expected before the run.

    None for a procedure that expects nothing or is unknown, and for a header without its rig, or from a version whose
    rig files or parameters were others.
    """
    from app.config.rig import Rig
    from app.config.rig_context import planned_context
    from app.config.sample_rate import at_rate_of
    from procedures.errors import ImpossibleSetting
    from procedures.expectation import expectation_of

    made = recorded_by(header.procedure)
    if made is None or not header.rig:
        return None
    try:
        rig = Rig.for_content(header.rig).model_validate(header.rig)
        procedure = made.from_values(made.recorded_values(header.parameters))
        return expectation_of(procedure, planned_context(at_rate_of(rig, procedure)))
    except (ImpossibleSetting, ValueError, ArithmeticError):
        return None
