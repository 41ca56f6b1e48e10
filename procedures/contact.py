"""Contacts, made by an approach, opened by a slow withdrawal and cleared for the next one.

Base of every procedure that opens junctions repeatedly.
"""

import math
from collections.abc import Mapping

from analysis.conductance import LEAST_BIAS_V, full_scale_conductance_G0
from analysis.constants import G0_S
from analysis.detect import Detector, OpenDetector
from analysis.heating.mask import RISE_PER_TAU
from analysis.records import NOTE, SKIPPED
from procedures.contact_checks import no_contact
from procedures.contact_checks.approach_watch import ApproachWatch
from procedures.contact_checks.scale_watch import ScaleWatch
from procedures.context import ProcedureContext
from procedures.errors import ContactNotBroken, ImpossibleSetting, PiezoAtEnd, WrongScale
from procedures.procedure import RigProcedure, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, IntegerParameter
from procedures.steps import APPROACH, FINISHED, Baseline, Outcome, Ramp, Recentre, SetBias, WriteNote

NM = 1e-9
BREAK_G0 = 0.5
"""Conductance below which a metal contact of one atom (1 G0) is broken."""

LEAST_METAL_G0 = 0.1
"""Least conductance at which a metallic contact may have stuck."""

MOST_RECENTRINGS = 3
"""Most re-centrings in a row; a coarse positioner that needs more does not work."""

OPEN_SAMPLES = 10
"""Consecutive samples below the open threshold that end a trace, so that amplifier noise does not."""

SLOW_FILTER = 0.1
"""Time constant of the current amplifier, as a share of the measured reaction, up to which that contains it."""

FIRST_BASELINE_S = 0.2

SMALLEST_BIAS_V = 2 * LEAST_BIAS_V
"""Smallest bias of a run; with less, noise takes samples below the least bias by which a current is divided."""

OPENING_nm = 0.6
"""Travel from a contact of 5 G0 until nothing conducts, for time estimates only; 0.5 to 1.2 nm on gold."""


class ContactProcedure(RigProcedure):
    """Base of procedures that make contacts and open them; each adds its own steps in between."""

    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=100, description="Bias while the tip moves."
    )
    approach_speed = FloatParameter(
        "Approach speed",
        units="nm/s",
        minimum=0.01,
        maximum=100,
        default=5,
        description="Tip speed toward contact.",
    )
    withdraw_speed = FloatParameter(
        "Withdrawal speed",
        units="nm/s",
        minimum=0.001,
        maximum=100,
        default=0.1,
        description="Tip speed while the trace is recorded.",
    )
    contact_threshold = FloatParameter(
        "Contact above", units="G_0", minimum=0.001, maximum=100, default=5,
        description="Conductance above which the tip is in contact.",
    )  # fmt: skip
    contact_samples = IntegerParameter(
        "Contact samples", minimum=1, maximum=1000, default=3,
        description="Consecutive samples above the threshold that count as contact.",
    )  # fmt: skip
    railed_is_contact = BooleanParameter(
        "Rail counts as contact", default=False,
        description="Take a railed current amplifier as contact if its rail lies below the threshold.",
    )  # fmt: skip
    open_threshold = FloatParameter(
        "Open below", units="G_0", minimum=1e-9, maximum=0.5, default=1e-4,
        description="End the trace when the conductance stays below this.",
    )  # fmt: skip
    past_break = FloatParameter(
        "Past the break", units="nm", minimum=0.1, maximum=100, default=3,
        description="End the trace at this distance past the break of the metal contact, if it has not ended earlier.",
    )  # fmt: skip
    clearance = FloatParameter(
        "Clearance", units="nm", minimum=0, maximum=50, default=1,
        description="Extra withdrawal after the end of a trace, so that tip and surface can reshape.",
    )  # fmt: skip
    longest_withdrawal = FloatParameter(
        "Longest withdrawal", units="nm", minimum=0.5, maximum=1000, default=10,
        description="Pull the tip off at the approach speed if the contact has not opened within this distance.",
    )  # fmt: skip
    search_distance = FloatParameter(
        "Search distance", units="nm", minimum=1, maximum=1000, default=30,
        description="Stop with an error if there is no contact within this distance beyond the last one.",
    )  # fmt: skip
    range_margin = FloatParameter(
        "Range margin", units="nm", minimum=0, maximum=1000, default=15,
        description="Re-centre when a contact lies closer than this to an end of the piezo's range.",
    )  # fmt: skip
    baseline_every = IntegerParameter(
        "Baseline every", units="openings", minimum=1, maximum=10_000, default=1,
        description="Measure the current amplifier's zero (0 V bias, junction open) once per this many openings.",
    )  # fmt: skip
    baseline_time = FloatParameter(
        "Baseline time",
        units="s",
        minimum=0.01,
        maximum=60,
        default=0.1,
        description="Duration of one baseline measurement.",
    )

    pace_scatter = 0.4

    _scale_watch: ScaleWatch | None = None
    _contacted = False
    """True after the first contact of a run."""

    _noise_A = math.nan
    """Standard deviation of the current at the first baseline."""

    _followed_m = 0.0
    """Way by which the coarse positioner has followed the surface before that."""

    def check(self, context: ProcedureContext) -> None:
        """Refuse thresholds beyond the amplifier's range, a bias out of limits, and motion beyond the piezo's range."""
        bias_V = self._within_bias_limits(context)
        rail_G0 = full_scale_conductance_G0(context.amplifier, bias_V)
        if rail_G0 <= self.contact_threshold and not self.railed_is_contact:
            raise ImpossibleSetting(
                f"contact_threshold = {self.contact_threshold:g} G0 can never be reached: at {self.bias:g} mV and "
                f"{context.amplifier.gain_V_per_A:.0e} V/A the current amplifier rails at {rail_G0:.3g} G0. Lower "
                "the gain, the bias or the threshold, or set railed_is_contact.",
                "contact_threshold",
                "bias",
                "railed_is_contact",
            )
        if self.open_threshold >= min(BREAK_G0, self.contact_threshold):
            raise ImpossibleSetting(
                f"open_threshold = {self.open_threshold:g} G0 must lie below the break of the contact "
                f"({BREAK_G0} G0) and below contact_threshold = {self.contact_threshold:g} G0.",
                "open_threshold",
                "contact_threshold",
            )
        self._check_overshoot(context)
        self._check_piezo_range(context)

    def _check_overshoot(self, context: ProcedureContext) -> None:
        """Refuse an approach so fast that the tip would travel on too far before it is stopped."""
        filter_s = context.rise_time_s / RISE_PER_TAU
        filter_s = filter_s if filter_s > SLOW_FILTER * context.reaction_s else 0.0
        reaction_s = context.reaction_s + context.input_delay_s + filter_s
        overshoot_m = self.approach_speed * NM * reaction_s
        if overshoot_m > context.most_overshoot_m * (1 + 1e-9):
            filters = {"the card's filter": context.input_delay_s, "the current amplifier's filter": filter_s}
            delay = "".join(f", of which {s * 1e3:.3g} ms are {whose}" for whose, s in filters.items() if s)
            raise ImpossibleSetting(
                f"approach_speed = {self.approach_speed:g} nm/s drives the tip {overshoot_m / NM:.3g} nm into the "
                f"surface before it stops: the reaction takes up to {reaction_s * 1e3:.3g} ms{delay}. The rig file "
                f"allows contact.most_overshoot_nm = {context.most_overshoot_m / NM:g} nm; at most "
                f"{context.most_overshoot_m / NM / reaction_s:.3g} nm/s.",
                "approach_speed",
            )

    def _check_piezo_range(self, context: ProcedureContext) -> None:
        """Refuse a piezo range so small that even a surface in its middle lies too near an end."""
        low, high = context.extension_range_m
        need = 2 * (self.range_margin + self.longest_withdrawal) * NM
        if need > (high - low) * (1 + 1e-9):
            raise ImpossibleSetting(
                f"the piezo's range is too small: {(high - low) / NM:.4g} nm (daq.outputs.z and "
                "piezo.extension_nm_per_V of the rig file), but longest_withdrawal and range_margin on either side of "
                f"the surface take {need / NM:.4g} nm.",
                "longest_withdrawal",
                "range_margin",
            )

    def _within_bias_limits(self, context: ProcedureContext) -> float:
        bias_V = float(self.bias) * 1e-3
        low, high = context.bias_range_V
        if not low <= bias_V <= high:
            raise ImpossibleSetting(
                f"bias = {self.bias:g} mV is outside the rig's limits, {low:g} to {high:g} V.", "bias"
            )
        if abs(bias_V) < SMALLEST_BIAS_V:
            raise ImpossibleSetting(
                f"bias = {self.bias:g} mV is too small to detect a junction; use at least "
                f"{SMALLEST_BIAS_V * 1e3:g} mV.",
                "bias",
            )
        return bias_V

    def reaction_s(self, context: ProcedureContext) -> float:
        """Return the longest delay, in s, before a withdrawal notices the event it waits for; here, its end."""
        return self.end_noticed_s

    @property
    def end_noticed_s(self) -> float:
        """Longest delay before a withdrawal notices an open junction, in s: 0.25 nm of travel, at most 0.5 s."""
        return min(0.5, 0.25 / self.withdraw_speed)

    def opening_s(self, context: ProcedureContext) -> float:
        """Estimate the time of an opening and the return to the next contact, in s.

        Assumes 0.6 nm from contact to open, which is noticed after half of the reaction time on average.
        """
        way_nm = min(OPENING_nm, self.longest_withdrawal)
        late_s = self.reaction_s(context) / 2
        back_nm = way_nm + late_s * self.withdraw_speed + 2 * self.clearance
        baseline_s = self.baseline_time / self.baseline_every
        return float(way_nm / self.withdraw_speed + late_s + back_nm / self.approach_speed + baseline_s)

    def first_approach_s(self, context: ProcedureContext) -> float:
        """Estimate the time to find a surface in the middle of the piezo's range, in s."""
        low_m, high_m = context.extension_range_m
        return float((high_m - low_m) / 2 / NM / self.approach_speed)

    def starts_s(self, context: ProcedureContext) -> float:
        """Return `first_approach_s`."""
        return self.first_approach_s(context)

    @property
    def noise_G0(self) -> float:
        """Standard deviation of the conductance at the bias of the motion, without a junction."""
        return self._noise_A / (abs(self.bias) * 1e-3 * G0_S)

    def begin(self) -> Steps[None]:
        """Measure the current amplifier's zero, then apply the bias."""
        self._scale_watch, self._contacted, self._followed_m = None, False, 0.0
        self._noise_A = (yield Baseline(max(self.baseline_time, FIRST_BASELINE_S))).noise_A
        yield SetBias(self.bias * 1e-3)

    def make_contact(self, context: ProcedureContext, surface_m: float | None) -> Steps[float]:
        """Approach until contact, re-centring if drift has used up the range; return the extension there, in m.

        Raises
        ------
        WrongPolarity
            If the contact's current has the sign opposite to the bias.
        WrongScale
            If the contacts before end at ten times, or at a tenth, of the conductance at which they did.
        """
        yield from self._judge_scale(context)
        _, top_m = context.extension_range_m
        recentrings = 0
        proved = context.current_proved or surface_m is not None or self._contacted
        while True:
            end_m = top_m if surface_m is None else min(top_m, surface_m + self.search_distance * NM)
            watch = self._approach_watch(context)
            outcome = yield Ramp(
                APPROACH,
                end_m,
                self.approach_speed * NM,
                watch.until,
                context.check_every_s,
                blind_m=context.blind_m,
                contact_m=-math.inf if surface_m is None else surface_m,
            )
            watch.check_polarity(outcome)
            if outcome.ended != "contact":
                fault = watch.no_contact(outcome, self.search_distance if end_m < top_m else None, proved)
                follow_m = self.follow_m(context) if isinstance(fault, PiezoAtEnd) else 0.0
                if not follow_m:
                    raise fault
                yield Recentre(follow_m)
                yield SetBias(self.bias * 1e-3)
                surface_m = None
                continue
            self._contacted = proved = True
            off_centre_m = self._off_centre_m(context, outcome.extension_m)
            if off_centre_m is None:
                return outcome.extension_m
            if context.coarse is None:
                raise no_contact.drifted(outcome.extension_m / NM, off_centre_m / NM)
            if recentrings == MOST_RECENTRINGS:
                raise no_contact.not_recentred(outcome.extension_m / NM, recentrings)
            recentrings += 1
            yield Recentre(off_centre_m)
            yield SetBias(self.bias * 1e-3)
            surface_m = None

    def follow_m(self, context: ProcedureContext) -> float:
        """Return the way by which the coarse positioner may follow a surface out of the piezo's reach; 0: not.

        Before the first contact it follows as far as it had gone back, by half of the range, in which there was none.
        """
        low_m, high_m = context.extension_range_m
        if context.coarse is None or self._contacted or self._followed_m >= context.back_m:
            return 0.0
        self._followed_m += (high_m - low_m) / 2
        return (high_m - low_m) / 2

    def _approach_watch(self, context: ProcedureContext) -> ApproachWatch:
        return ApproachWatch(
            context,
            self.bias,
            self.contact_threshold,
            self.contact_samples,
            self.approach_speed,
            railed_is_contact=self.railed_is_contact,
        )

    def _judge_scale(self, context: ProcedureContext) -> Steps[None]:
        """End the opening before this contact for the watch of the scale; note a scale that is not that of gold."""
        if self._scale_watch is None:
            rail_G0 = full_scale_conductance_G0(context.amplifier, self.bias * 1e-3)
            self._scale_watch = ScaleWatch(self.contact_threshold, rail_G0)
            return
        change = self._scale_watch.opened()
        if change is not None:
            raise WrongScale(str(change))
        if self._scale_watch.unlike_gold:
            yield WriteNote(NOTE, {"text": self._scale_watch.unlike_gold})

    def _off_centre_m(self, context: ProcedureContext, surface_m: float) -> float | None:
        """Return the surface's distance from the middle of the range in m if it lies too near an end, else None."""
        low_m, high_m = context.extension_range_m
        margin_m = self.range_margin * NM
        if low_m + margin_m + self.longest_withdrawal * NM <= surface_m <= high_m - margin_m:
            return None
        return surface_m - (low_m + high_m) / 2

    def withdraw(
        self,
        context: ProcedureContext,
        surface_m: float,
        until: Mapping[str, Detector],
        reaction_s: float,
    ) -> Steps[Outcome]:
        """Withdraw slowly until a detector of ``until`` fires or the junction is open."""
        low_m, _ = context.extension_range_m
        samples_per_nm = context.rate_Hz / self.withdraw_speed
        end_noticed_s = max(self.end_noticed_s, reaction_s)
        return (
            yield Ramp(
                "withdraw",
                max(low_m, surface_m - self.longest_withdrawal * NM),
                self.withdraw_speed * NM,
                {
                    **until,
                    "open": OpenDetector(self.open_threshold, OPEN_SAMPLES),
                    "past break": OpenDetector(BREAK_G0, max(1, round(self.past_break * samples_per_nm))),
                    **({"scale watch": self._scale_watch} if self._scale_watch else {}),
                },
                reaction_s,
                {"open": end_noticed_s, "past break": end_noticed_s},
                skips="trace",
            )
        )

    def clear(self, context: ProcedureContext, outcome: Outcome) -> Steps[str]:
        """Separate tip and surface after a withdrawal; return why the withdrawal ended."""
        low_m, _ = context.extension_range_m
        if outcome.ended in (FINISHED, SKIPPED):
            yield from self._pull_off(context)
            return "not broken" if outcome.ended == FINISHED else SKIPPED
        to_m = max(low_m, outcome.extension_m - self.clearance * NM)
        yield Ramp("clear", to_m, self.approach_speed * NM, reaction_s=0.25)
        return outcome.ended

    def _pull_off(self, context: ProcedureContext) -> Steps[None]:
        """Break a contact that did not open, over the whole range of the piezo."""
        low_m, _ = context.extension_range_m
        outcome = yield Ramp(
            "pull off",
            low_m,
            self.approach_speed * NM,
            {"open": OpenDetector(self.open_threshold, OPEN_SAMPLES)},
        )
        if outcome.ended != "open" and math.isnan(outcome.conductance_G0):
            raise no_contact.railed_throughout(context.input_name("current"))
        if outcome.ended != "open" and abs(outcome.conductance_G0) < self.open_threshold:
            raise no_contact.too_noisy_to_open(self.noise_G0, self.open_threshold)
        if outcome.ended != "open" and abs(outcome.conductance_G0) < LEAST_METAL_G0:
            raise no_contact.still_conducting(outcome.conductance_G0, self.open_threshold)
        if outcome.ended != "open":
            raise ContactNotBroken(
                "The contact did not break over the whole range of the piezo, while the bias loop-back was correct "
                "throughout. Withdraw with the coarse positioner; the tip is probably blunt."
            )
