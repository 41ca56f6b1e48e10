"""A procedure that does to an open gap what is done to a held junction: check, modulate, check, sweep."""

import numpy as np

from analysis.heating.programme import LevelProgramme, three_level
from analysis.records import FloatArray
from analysis.trip import trips
from procedures.context import ProcedureContext
from procedures.procedure import Plan, RigProcedure
from procedures.steps import (
    Baseline,
    HoldStep,
    MakeSafe,
    Modulate,
    Outcome,
    Ramp,
    SetBias,
    Step,
    SweepStep,
    WriteNote,
)

NM = 1e-9
NEAR_M = 30 * NM
"""Out of contact, yet nearer to the surface than a tip may stay that nobody watches."""

AMPLITUDE_V = 0.5
EXPECTED_A = 0.2e-6


def up_and_down(peak_V: float, n: int) -> FloatArray:
    """0 -> +V -> -V -> 0 in ``n`` samples."""
    return np.interp(np.arange(1, n + 1) / n, [0, 0.25, 0.75, 1], [0, peak_V, -peak_V, 0])


class Holding(RigProcedure):
    """The steps of one hold; keeps what came of each in ``outcomes``."""

    name, repeats, cycle = "holding", "holds", "hold"

    def __init__(
        self, programme: LevelProgramme | None = None, duration_s: float = 0.2, reaction_s: float = 0.002
    ) -> None:
        super().__init__()
        self.programme = programme or three_level(AMPLITUDE_V)
        self.modulation_s = duration_s
        self.reaction_s = reaction_s
        self.sweep_V = up_and_down(AMPLITUDE_V, 200)
        self.outcomes: dict[int, tuple[Step, Outcome]] = {}

    def check(self, context: ProcedureContext) -> None:
        """Nothing to refuse."""

    def plan(self, context: ProcedureContext) -> Plan:
        """Each step once."""
        self.outcomes.clear()
        for number, step in enumerate(self.steps()):
            self.outcomes[number] = (step, (yield step))

    def steps(self) -> list[Step]:
        """Fresh detectors each time."""
        trip = trips(AMPLITUDE_V, EXPECTED_A, 0.0055)
        return [
            Baseline(0.05),
            Ramp("approach", NEAR_M, 500 * NM),
            SetBias(0.1),
            HoldStep("check", 0.2),
            Modulate("modulate", self.programme, self.modulation_s, trip, self.reaction_s, {"hold": 7}),
            HoldStep("check", 0.2),
            SweepStep(
                "sweep", self.sweep_V, trips(AMPLITUDE_V, EXPECTED_A, 0.0055), self.reaction_s, {"curve": 3}
            ),
            HoldStep("check", 0.2),
            WriteNote("hold", {"number": 7}),
            Ramp("withdraw", 0.0, 500 * NM),
            MakeSafe(),
        ]

    def of(self, name: str) -> Outcome:
        """Return the outcome of the first step of a name."""
        return next(outcome for step, outcome in self.outcomes.values() if getattr(step, "name", "") == name)
