"""Break junctions: repeated contacts and slow withdrawals, each recorded as an opening trace.

Lee et al., Nature 498, 209 (2013), Methods Summary: approach at 5 nm/s until the conductance exceeds 5 G0,
withdraw at 0.1 nm/s, 100 mV across the junction, 500 traces a histogram.
"""

from analysis.records import SKIPPED
from analysis.traces.selection import SelectionRules
from procedures.contact import NM, OPEN_SAMPLES, ContactProcedure, OPENING_nm
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import IntegerParameter
from procedures.steps import Baseline, MakeSafe, WriteNote

LEAST_SAMPLES = SelectionRules().shortest
"""Least number of samples of a trace that counts: the evaluation's own rule."""


class BreakJunction(ContactProcedure):
    """Record opening traces: contact, slow withdrawal, repeat."""

    name = "break-junction"
    repeats = "traces"
    cycle = "trace"

    traces = IntegerParameter(
        "Traces", minimum=1, maximum=1_000_000, default=500, description="Number of opening traces to record."
    )

    def check(self, context: ProcedureContext) -> None:
        """Refuse also withdrawals with too few samples for a trace to count."""
        super().check(context)
        way_nm = min(OPENING_nm, self.longest_withdrawal)
        samples = round(way_nm / self.withdraw_speed * context.rate_Hz) + OPEN_SAMPLES
        if samples < LEAST_SAMPLES:
            raise ImpossibleSetting(
                f"at withdraw_speed = {self.withdraw_speed:g} nm/s and {context.rate_Hz:g} samples/s a trace has about "
                f"{samples} samples; traces of fewer than {LEAST_SAMPLES} do not count. Withdraw more slowly.",
                "withdraw_speed",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, and `opening_s` for each trace."""
        return self.first_approach_s(context) + self.traces * self.opening_s(context)

    def plan(self, context: ProcedureContext) -> Plan:
        """Measure a baseline, then make and open ``traces`` contacts."""
        yield from self.begin()
        surface_m: float | None = None
        number = taken = 0
        while taken < self.traces:
            surface_m = yield from self.make_contact(context, surface_m)
            ended = yield from self._open_junction(context, surface_m)
            if (number + 1) % self.baseline_every == 0:
                yield Baseline(self.baseline_time)
            counts = ended != SKIPPED
            note = {"number": number, "ended": ended, "contact_nm": surface_m / NM}
            yield WriteNote(self.cycle, note if counts else {**note, "counts": False})
            number, taken = number + 1, taken + counts
        yield MakeSafe()

    def _open_junction(self, context: ProcedureContext, surface_m: float) -> Steps[str]:
        """Withdraw until the junction is open; return why the trace ended."""
        outcome = yield from self.withdraw(context, surface_m, {}, self.reaction_s(context))
        return (yield from self.clear(context, outcome))
