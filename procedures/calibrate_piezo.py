"""Calibration of the piezo: withdrawals whose tunnelling tails give the piezo constant."""

from analysis.calibration.piezo import LEAST_DECADES, LEAST_SAMPLES, LEAST_TRACES
from analysis.conductance import full_scale_conductance_G0
from analysis.records import SKIPPED
from procedures.capture import TAIL_DECADES_PER_NM
from procedures.contact import NM, ContactProcedure
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, IntegerParameter
from procedures.steps import Baseline, MakeSafe, Ramp, WriteNote


class CalibratePiezo(ContactProcedure):
    """Measure the piezo constant by the slope of tunnelling. Use a bare metal sample and a high gain (1e8 V/A)."""

    name = "calibrate-piezo"
    repeats = "traces"
    cycle = "trace"

    traces = IntegerParameter(
        "Traces",
        minimum=LEAST_TRACES,
        maximum=100_000,
        default=60,
        description="Number of withdrawals to record.",
    )
    indent = FloatParameter(
        "Indentation", units="nm", minimum=0, maximum=10, default=0.6,
        description="Extra approach after contact, so that each withdrawal begins with fresh apexes.",
    )  # fmt: skip
    barrier = FloatParameter(
        "Barrier height", units="eV", minimum=0.1, maximum=10, default=4.5,
        description="Effective tunnelling barrier of the metal in its present state. Clean gold: 4 to 5.1 eV.",
    )  # fmt: skip
    barrier_uncertainty = FloatParameter(
        "Uncertainty of the barrier", units="eV", minimum=0, maximum=5, default=0.4,
        description="One standard deviation of the barrier height; usually the largest error.",
    )  # fmt: skip
    tail_high = FloatParameter(
        "Tail, upper limit", units="G_0", minimum=1e-9, maximum=0.1, default=3e-3,
        description="Fit the tunnelling tail below this conductance; above it the apexes are about to touch.",
    )  # fmt: skip
    tail_low = FloatParameter(
        "Tail, lower limit", units="G_0", minimum=1e-10, maximum=0.01, default=1e-6,
        description="Fit the tunnelling tail above this conductance; below it noise and hum contribute.",
    )  # fmt: skip
    mains = FloatParameter(
        "Mains frequency",
        units="Hz",
        minimum=10,
        maximum=1000,
        default=50,
        description="Frequency of the mains; a mean over one period removes the hum.",
    )
    withdraw_speed = FloatParameter(
        "Withdrawal speed",
        units="nm/s",
        minimum=0.001,
        maximum=100,
        default=0.5,
        description="Tip speed in the tail.",
    )
    railed_is_contact = BooleanParameter(
        "Rail counts as contact", default=True,
        description="Take a railed current amplifier as contact; at a gain that resolves the tail it always rails.",
    )  # fmt: skip
    open_threshold = FloatParameter(
        "Open below", units="G_0", minimum=1e-9, maximum=0.5, default=1e-7,
        description="End the withdrawal when the conductance stays below this.",
    )  # fmt: skip
    past_break = FloatParameter(
        "Past the break", units="nm", minimum=0.1, maximum=100, default=1.0,
        description="End the withdrawal at this distance past the break of the metal contact, at the latest.",
    )  # fmt: skip

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a range of conductance that the amplifier does not resolve."""
        super().check(context)
        rail_G0 = full_scale_conductance_G0(context.amplifier, self.bias * 1e-3)
        high_G0 = min(self.tail_high, rail_G0)
        if high_G0 < 100 * self.tail_low:
            raise ImpossibleSetting(
                f"between tail_low = {self.tail_low:g} G0 and {high_G0:.2g} G0, where tail_high or the amplifier's "
                "range ends, there are less than two decades to fit a slope. Lower tail_low, or reduce the bias.",
                "tail_low",
                "tail_high",
            )
        self._check_tail(context)
        step_G0 = context.resolution_V * rail_G0 / context.amplifier.full_scale_V
        if step_G0 > self.tail_low:
            raise ImpossibleSetting(
                f"tail_low = {self.tail_low:g} G0 is less than a step of the converter ({step_G0:.2g} G0) at "
                f"{context.amplifier.gain_V_per_A:.0e} V/A: use a higher gain (--gain 1e8).",
                "tail_low",
            )

    def _check_tail(self, context: ProcedureContext) -> None:
        """Refuse a withdrawal too fast for the evaluation: too few samples in its tail."""
        mean = max(1, round(context.rate_Hz / self.mains))
        decade_nm = LEAST_DECADES / TAIL_DECADES_PER_NM
        samples = round(decade_nm / self.withdraw_speed * context.rate_Hz)
        if samples < LEAST_SAMPLES + mean - 1:
            raise ImpossibleSetting(
                f"at withdraw_speed = {self.withdraw_speed:g} nm/s and {context.rate_Hz:g} samples/s a decade of the "
                f"tail is {samples} samples; its slope needs {LEAST_SAMPLES + mean - 1}, a period of the mains "
                "included. Withdraw more slowly.",
                "withdraw_speed",
                "mains",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, and every opening with its indentation, in and out."""
        indent_s = self.indent / self.approach_speed + self.indent / self.withdraw_speed
        return self.first_approach_s(context) + self.traces * (self.opening_s(context) + indent_s)

    def plan(self, context: ProcedureContext) -> Plan:
        """Repeat contact, indentation, slow withdrawal and clearance."""
        yield from self.begin()
        surface_m: float | None = None
        number = taken = 0
        while taken < self.traces:
            surface_m = yield from self.make_contact(context, surface_m)
            deepest_m = yield from self._indent(context, surface_m)
            outcome = yield from self.withdraw(context, deepest_m, {}, self.reaction_s(context))
            ended = yield from self.clear(context, outcome)
            if (number + 1) % self.baseline_every == 0:
                yield Baseline(self.baseline_time)
            counts = ended != SKIPPED
            note = {"number": number, "ended": ended, "contact_nm": surface_m / NM}
            yield WriteNote(self.cycle, note if counts else {**note, "counts": False})
            number, taken = number + 1, taken + counts
        yield MakeSafe()

    def _indent(self, context: ProcedureContext, surface_m: float) -> Steps[float]:
        """Press the tip into the contact by ``indent``, if not 0; return the extension afterwards, in m."""
        if not self.indent:
            return surface_m
        _, top_m = context.extension_range_m
        outcome = yield Ramp(
            "indent", min(top_m, surface_m + self.indent * NM), self.approach_speed * NM, reaction_s=0.25
        )
        return outcome.extension_m
