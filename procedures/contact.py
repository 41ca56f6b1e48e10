"""Contacts: made by an approach, opened by a slow withdrawal, cleared for the next one.

What every procedure shares that opens junctions again and again.
"""

import sys
from collections.abc import Mapping

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter

from analysis.conductance import LEAST_BIAS_V, full_scale_conductance_G0
from analysis.constants import G0_S
from analysis.detect import ContactDetector, CurrentWitness, Detector, OpenDetector
from procedures import no_contact
from procedures.errors import ContactNotBroken, ImpossibleSetting, ProcedureFault
from procedures.procedure import RigProcedure, Steps
from procedures.station import Station
from procedures.steps import APPROACH, FINISHED, Baseline, Outcome, Ramp, Recentre, SetBias

NM = 1e-9
BREAK_G0 = 0.5
"""Below this a metal contact of one atom (1 G0) is broken."""

MOST_RECENTRINGS = 3
"""In a row; a coarse positioner that needs more does not do what it is told."""

OPEN_SAMPLES = 10
"""Samples in a row below the open threshold: the amplifier's noise must not end a trace."""

FIRST_BASELINE_S = 0.2

GHOST_V = 3e-3
"""Trace of the piezo's voltage that the card's multiplexer may leave in the current input (-75 dB of 10 V)."""

SMALLEST_BIAS_V = 2 * LEAST_BIAS_V
"""Smallest bias of a run: noise must not take samples below the least bias that a current is divided by."""

NOISE_S = 0.5
"""Begin of an approach whose scatter counts as the current's noise."""

OPENING_nm = 0.8
"""From a contact of 5 G0 until nothing conducts; only for estimates of time. 0.5 to 1.2 nm on gold."""


class ContactProcedure(RigProcedure):
    """Makes contacts and opens them; what is done in between is each procedure's own."""

    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=100, description="Bias while moving."
    )
    approach_speed = FloatParameter(
        "Approach speed", units="nm/s", minimum=0.01, maximum=100, default=5, description="Toward contact."
    )
    withdraw_speed = FloatParameter(
        "Withdrawal speed",
        units="nm/s",
        minimum=0.001,
        maximum=100,
        default=0.1,
        description="While the trace runs.",
    )
    contact_threshold = FloatParameter(
        "Contact above", units="G_0", minimum=0.001, maximum=100, default=5,
        description="Conductance, held for a few samples, that counts as contact.",
    )  # fmt: skip
    contact_samples = IntegerParameter(
        "Contact samples", minimum=1, maximum=1000, default=3,
        description="Samples in a row above the threshold that make a contact.",
    )  # fmt: skip
    railed_is_contact = BooleanParameter(
        "Railed is contact", default=False,
        description="Count a railed current amplifier as contact where its rail lies below the threshold.",
    )  # fmt: skip
    open_threshold = FloatParameter(
        "Open below", units="G_0", minimum=1e-9, maximum=0.5, default=1e-4,
        description="The trace ends when the conductance stays below this.",
    )  # fmt: skip
    past_break = FloatParameter(
        "Past the break", units="nm", minimum=0.1, maximum=100, default=3,
        description="The trace ends this far past the break of the metal contact, if it has not ended before.",
    )  # fmt: skip
    clearance = FloatParameter(
        "Clearance", units="nm", minimum=0, maximum=50, default=1,
        description="How far to go on after the trace's end, so that tip and surface take their shape again.",
    )  # fmt: skip
    longest_withdrawal = FloatParameter(
        "Longest withdrawal", units="nm", minimum=0.5, maximum=1000, default=10,
        description="A contact that has not opened after this is pulled off at the approach speed.",
    )  # fmt: skip
    search_distance = FloatParameter(
        "Search distance", units="nm", minimum=1, maximum=1000, default=30,
        description="The surface is lost if there is no contact this far beyond the last one.",
    )  # fmt: skip
    range_margin = FloatParameter(
        "Range margin", units="nm", minimum=0, maximum=1000, default=15,
        description="Re-centre when a contact lies nearer than this to an end of the piezo's range.",
    )  # fmt: skip
    baseline_every = IntegerParameter(
        "Baseline every", units="openings", minimum=1, maximum=10_000, default=1,
        description="Measure the current amplifier's zero (0 V bias, junction open) after so many openings.",
    )  # fmt: skip
    baseline_time = FloatParameter(
        "Baseline time",
        units="s",
        minimum=0.01,
        maximum=60,
        default=0.1,
        description="Time for one baseline.",
    )

    def check(self, station: Station) -> None:
        """Refuse thresholds that can't be seen, bias out of limits, and motion that does not fit."""
        bias_V = self._within_bias_limits(station)
        rail_G0 = full_scale_conductance_G0(station.amplifier, bias_V)
        if rail_G0 <= self.contact_threshold and not self.railed_is_contact:
            raise ImpossibleSetting(
                f"contact_threshold = {self.contact_threshold:g} G0 can never be seen: at {self.bias:g} mV and "
                f"{station.amplifier.gain_V_per_A:.0e} V/A the current amplifier rails at {rail_G0:.3g} G0. Lower "
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
        self._check_piezo_range(station)

    def _check_piezo_range(self, station: Station) -> None:
        """Refuse a range of the piezo in whose middle, where re-centring puts it, the surface is near an end."""
        low, high = station.extension_range_m
        need = 2 * (self.range_margin + self.longest_withdrawal) * NM
        if need > (high - low) * (1 + 1e-9):
            raise ImpossibleSetting(
                f"the piezo's range is too small: {(high - low) / NM:.4g} nm (daq.outputs.z and "
                "piezo.extension_nm_per_V of the rig file), but longest_withdrawal and range_margin on either side of "
                f"the surface take {need / NM:.4g} nm.",
                "longest_withdrawal",
                "range_margin",
            )

    def _within_bias_limits(self, station: Station) -> float:
        bias_V = float(self.bias) * 1e-3
        low, high = station.bias_range_V
        if not low <= bias_V <= high:
            raise ImpossibleSetting(
                f"bias = {self.bias:g} mV is outside the rig's limits, {low:g} to {high:g} V.", "bias"
            )
        if abs(bias_V) < SMALLEST_BIAS_V:
            raise ImpossibleSetting(
                f"bias = {self.bias:g} mV is too small to see a junction; use at least {SMALLEST_BIAS_V * 1e3:g} mV.",
                "bias",
            )
        return bias_V

    def reaction_s(self, station: Station) -> float:
        """How late a withdrawal may notice what it is for; here, its end."""
        return self.end_noticed_s

    @property
    def end_noticed_s(self) -> float:
        """How late a withdrawal may notice that the junction is open: up to 0.25 nm of travel, but not beyond 0.5 s."""
        return min(0.5, 0.25 / self.withdraw_speed)

    def opening_s(self, station: Station) -> float:
        """About how long an opening takes with the way back to the next contact, in s.

        Assumed: 0.8 nm from contact to open, and on average the whole reaction time until that is noticed.
        """
        way_nm = min(OPENING_nm, self.longest_withdrawal)
        late_s = self.reaction_s(station)
        back_nm = way_nm + late_s * self.withdraw_speed + 2 * self.clearance
        baseline_s = self.baseline_time / self.baseline_every
        return float(way_nm / self.withdraw_speed + late_s + back_nm / self.approach_speed + baseline_s)

    def first_approach_s(self, station: Station) -> float:
        """About how long it takes to find the surface, in s: in the middle of the piezo's range."""
        low_m, high_m = station.extension_range_m
        return float((high_m - low_m) / 2 / NM / self.approach_speed)

    def begin(self) -> Steps[None]:
        """Zero of the current amplifier, then the bias."""
        yield Baseline(max(self.baseline_time, FIRST_BASELINE_S))
        yield SetBias(self.bias * 1e-3)

    def make_contact(self, station: Station, surface_m: float | None) -> Steps[float]:
        """Approach until contact, re-centring where drift has eaten the range; returns the extension there.

        Raises
        ------
        WrongPolarity
            If the contact's current has the sign opposite to the bias.
        """
        _, top_m = station.extension_range_m
        recentrings, proved = 0, station.current_proved or surface_m is not None
        while True:
            end_m = top_m if surface_m is None else min(top_m, surface_m + self.search_distance * NM)
            contact, witness = self._contact_detectors(station), self._witness(station)
            until: dict[str, Detector] = {**contact, "current seen": witness}
            outcome = yield Ramp(APPROACH, end_m, self.approach_speed * NM, until)
            self._judge_polarity(outcome, contact)
            if outcome.ended != "contact":
                raise self._no_contact(station, outcome, end_m < top_m, witness, proved)
            proved = True
            off_centre_m = self._off_centre_m(station, outcome.extension_m)
            if off_centre_m is None:
                return outcome.extension_m
            if station.coarse is None:
                raise no_contact.drifted(outcome.extension_m / NM, off_centre_m / NM)
            if recentrings == MOST_RECENTRINGS:
                raise no_contact.not_recentred(outcome.extension_m / NM, recentrings)
            recentrings += 1
            yield Recentre(off_centre_m)
            yield SetBias(self.bias * 1e-3)
            surface_m = None

    def _contact_detectors(self, station: Station) -> dict[str, ContactDetector]:
        rail_G0 = full_scale_conductance_G0(station.amplifier, self.bias * 1e-3)
        credited_G0 = float("inf") if self.railed_is_contact else rail_G0
        until = {"contact": ContactDetector(self.contact_threshold, self.contact_samples, credited_G0)}
        if rail_G0 <= self.contact_threshold:
            until["railed"] = ContactDetector(sys.float_info.max, self.contact_samples)
        return until

    def _witness(self, station: Station) -> CurrentWitness:
        least_A = GHOST_V / station.amplifier.gain_V_per_A
        least_G0 = least_A / (abs(self.bias) * 1e-3 * G0_S)
        return CurrentWitness(max(round(NOISE_S * station.rate_Hz), 1), least_G0)

    def _judge_polarity(self, outcome: Outcome, contact: Mapping[str, ContactDetector]) -> None:
        fired = contact.get(outcome.ended)
        if fired is not None and fired.wrong_sign:
            where = f"at {outcome.extension_m / NM:.4g} nm"
            raise no_contact.wrong_polarity(where, fired.conductance_G0, self.bias)

    def _no_contact(
        self, station: Station, outcome: Outcome, searched: bool, witness: CurrentWitness, proved: bool
    ) -> ProcedureFault:
        """Say why there is no contact. "Nearer" is for a current path that has been seen to work, and saw nothing."""
        end_nm = outcome.extension_m / NM
        if outcome.ended == "railed":
            return no_contact.railed()
        if witness.excursion_at is not None:
            travelled_nm = (witness.seen - witness.excursion_at) / station.rate_Hz * self.approach_speed
            return no_contact.unclear(
                end_nm - travelled_nm, end_nm, witness.largest_G0, self.contact_threshold
            )
        if not proved:
            return no_contact.unproved(end_nm)
        return no_contact.surface_lost(self.search_distance) if searched else no_contact.out_of_reach(end_nm)

    def _off_centre_m(self, station: Station, surface_m: float) -> float | None:
        """Distance of the surface from the middle of the range, if it lies too near to an end; else None."""
        low_m, high_m = station.extension_range_m
        margin_m = self.range_margin * NM
        if low_m + margin_m + self.longest_withdrawal * NM <= surface_m <= high_m - margin_m:
            return None
        return surface_m - (low_m + high_m) / 2

    def withdraw(
        self,
        station: Station,
        surface_m: float,
        until: Mapping[str, Detector],
        reaction_s: float,
    ) -> Steps[Outcome]:
        """Withdraw slowly until one of ``until``, or the junction is open."""
        low_m, _ = station.extension_range_m
        samples_per_nm = station.rate_Hz / self.withdraw_speed
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
                },
                reaction_s,
                {"open": end_noticed_s, "past break": end_noticed_s},
            )
        )

    def clear(self, station: Station, outcome: Outcome) -> Steps[str]:
        """Go on from where a withdrawal ended until tip and surface are apart; returns why it ended."""
        low_m, _ = station.extension_range_m
        if outcome.ended == FINISHED:
            yield from self._pull_off(station)
            return "not broken"
        yield Ramp(
            "clear",
            max(low_m, outcome.extension_m - self.clearance * NM),
            self.approach_speed * NM,
            reaction_s=0.25,
        )
        return outcome.ended

    def _pull_off(self, station: Station) -> Steps[None]:
        """Break a contact that would not open, over the whole range of the piezo."""
        low_m, _ = station.extension_range_m
        outcome = yield Ramp(
            "pull off",
            low_m,
            self.approach_speed * NM,
            {"open": OpenDetector(self.open_threshold, OPEN_SAMPLES)},
        )
        if outcome.ended != "open":
            raise ContactNotBroken(
                "The contact held over the whole range of the piezo, and the bias loop-back was in order all the "
                "time. Withdraw with the coarse positioner; the tip is probably blunt."
            )
