"""Plans run by hand: a rig for them to be checked against, and outcomes for their steps."""

import math
from collections import defaultdict

from analysis.conductance import CurrentCalibration
from procedures.contact import NM
from procedures.context import ProcedureContext
from procedures.steps import FINISHED, HoldStep, Modulate, Outcome, Ramp, SetBias, SweepStep

RATE_Hz = 2000.0


class _Daq:
    rate_Hz = RATE_Hz


STATION = ProcedureContext(
    daq=_Daq(),
    amplifier=CurrentCalibration(1e5),
    extension_m_per_V=20 * NM,
    z_range_V=(0.0, 10.0),
    bias_range_V=(-2.0, 2.0),
    resolution_V=20 / 2**18,
    lowpass_Hz=1000.0,
    rise_time_s=3e-4,
)

MOVING = {"approach": ("contact", 100), "withdraw": ("plateau", 98), "leave": ("open", 95)}
"""Ends of ramps, with positions in nm, when all goes well."""


class Script:
    """Runs a plan; steps end as told.

    Parameters
    ----------
    ends : mapping of str to list
        Name of a step -> how its first, second ... ends: a word, for a ramp (word, nm), for a check the conductance
        in G0, for a modulation or sweep (word, seconds, current in A). Then as when all goes well.
    good_G0 : float
        What a check sees when all goes well.
    """

    def __init__(self, procedure, good_G0, context=STATION, **ends):
        self.ends = {name: list(one) for name, one in ends.items()}
        self.good_G0 = good_G0
        self.steps, self.nm, self.bias_V, self.bias_at = [], 0.0, 0.0, []
        self.by_name = defaultdict(list)
        plan, outcome = procedure.plan(context), None
        try:
            while True:
                step = plan.send(outcome)
                self.steps.append(step)
                self.by_name[getattr(step, "name", type(step).__name__)].append(step)
                self.bias_at.append(self.bias_V)
                outcome = self._outcome(step)
        except StopIteration:
            pass

    def _outcome(self, step):
        told = self.ends.get(getattr(step, "name", ""), [])
        end = told.pop(0) if told else None
        match step:
            case Ramp():
                ended, self.nm = end or MOVING.get(step.name) or (FINISHED, step.to_m / NM)
                return Outcome(ended, self.nm * NM, (0, 0))
            case HoldStep():
                return Outcome(FINISHED, self.nm * NM, (0, 400), self.good_G0 if end is None else end * 1.0)
            case Modulate() | SweepStep():
                ended, seconds, current_A = end or (FINISHED, 5.0, math.nan)
                if ended != FINISHED:
                    self.bias_V = 0.0
                return Outcome(ended, self.nm * NM, (0, round(seconds * RATE_Hz)), current_A=current_A)
            case SetBias(bias_V):
                self.bias_V = bias_V
        return Outcome(FINISHED, self.nm * NM, (0, 0))

    @property
    def names(self):
        return [getattr(step, "name", type(step).__name__) for step in self.steps]

    @property
    def notes(self):
        """Payloads of the marks."""
        return [step.payload for step in self.steps if type(step).__name__ == "WriteNote"]
