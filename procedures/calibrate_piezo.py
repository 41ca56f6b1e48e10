"""Withdrawals whose tunnelling tails tell the piezo constant."""

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter

from analysis.calibrate.piezo import LEAST_DECADES, LEAST_SAMPLES, LEAST_TRACES
from analysis.conductance import full_scale_conductance_G0
from procedures.capture import TAIL_DECADES_PER_NM
from procedures.contact import NM, ContactProcedure
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, Steps
from procedures.station import Station
from procedures.steps import Baseline, Mark, Ramp, Safe


class CalibratePiezo(ContactProcedure):
    """Piezo constant from the slope of tunnelling. Use a bare metal sample and a high gain (1e8 V/A)."""

    name = "calibrate-piezo"
    repeats = "traces"
    cycle = "trace"

    traces = IntegerParameter(
        "Traces", minimum=LEAST_TRACES, maximum=100_000, default=60, description="Withdrawals to take."
    )
    indent = FloatParameter(
        "Indentation", units="nm", minimum=0, maximum=10, default=0.6,
        description="How far to go on after contact, so that each withdrawal begins with new apexes.",
    )  # fmt: skip
    barrier = FloatParameter(
        "Barrier", units="eV", minimum=0.1, maximum=10, default=4.5,
        description="Effective height for tunnelling, that of the metal as it is. Clean gold: 4 to 5.1.",
    )  # fmt: skip
    barrier_uncertainty = FloatParameter(
        "Uncertainty of the barrier", units="eV", minimum=0, maximum=5, default=0.4,
        description="One standard deviation; usually the largest error of all.",
    )  # fmt: skip
    tail_high = FloatParameter(
        "Tail below", units="G_0", minimum=1e-9, maximum=0.1, default=3e-3,
        description="Above it apexes are about to touch.",
    )  # fmt: skip
    tail_low = FloatParameter(
        "Tail above", units="G_0", minimum=1e-10, maximum=0.01, default=1e-6,
        description="Below it noise and hum take part.",
    )  # fmt: skip
    mains = FloatParameter(
        "Mains",
        units="Hz",
        minimum=10,
        maximum=1000,
        default=50,
        description="A mean over one period takes the hum out.",
    )
    withdraw_speed = FloatParameter(
        "Withdrawal speed", units="nm/s", minimum=0.001, maximum=100, default=0.5, description="In the tail."
    )
    railed_is_contact = BooleanParameter(
        "Railed is contact", default=True,
        description="Count a railed current amplifier as contact: at the gain that shows a tail it is.",
    )  # fmt: skip
    open_threshold = FloatParameter(
        "Open below", units="G_0", minimum=1e-9, maximum=0.5, default=1e-7,
        description="The withdrawal ends when the conductance stays below this.",
    )  # fmt: skip
    past_break = FloatParameter(
        "Past the break", units="nm", minimum=0.1, maximum=100, default=1.0,
        description="The withdrawal ends this far past the break of the metal contact, if it has not ended before.",
    )  # fmt: skip

    def check(self, station: Station) -> None:
        """Also refuse a range of conductance that the amplifier does not show."""
        super().check(station)
        rail_G0 = full_scale_conductance_G0(station.amplifier, self.bias * 1e-3)
        high_G0 = min(self.tail_high, rail_G0)
        if high_G0 < 100 * self.tail_low:
            raise ImpossibleSetting(
                f"between tail_low = {self.tail_low:g} G0 and {high_G0:.2g} G0, where the range or the amplifier ends, "
                "there are less than two decades to see a slope in.",
                "tail_low",
                "tail_high",
            )
        self._check_tail(station)
        step_G0 = station.resolution_V * rail_G0 / station.amplifier.full_scale_V
        if step_G0 > self.tail_low:
            raise ImpossibleSetting(
                f"tail_low = {self.tail_low:g} G0 is less than a step of the converter ({step_G0:.2g} G0) at "
                f"{station.amplifier.gain_V_per_A:.0e} V/A: use a higher gain (--gain 1e8).",
                "tail_low",
            )

    def _check_tail(self, station: Station) -> None:
        """Refuse a withdrawal that is over before there are samples enough of its tail, as the evaluation counts."""
        mean = max(1, round(station.rate_Hz / self.mains))
        decade_nm = LEAST_DECADES / TAIL_DECADES_PER_NM
        samples = round(decade_nm / self.withdraw_speed * station.rate_Hz)
        if samples < LEAST_SAMPLES + mean - 1:
            raise ImpossibleSetting(
                f"at withdraw_speed = {self.withdraw_speed:g} nm/s and {station.rate_Hz:g} samples/s a decade of the "
                f"tail is {samples} samples; its slope needs {LEAST_SAMPLES + mean - 1}, a period of the mains "
                "included. Withdraw more slowly.",
                "withdraw_speed",
                "mains",
            )

    def duration_s(self, station: Station) -> float:
        """First approach, and every opening with its indentation on the way in and out."""
        indent_s = self.indent / self.approach_speed + self.indent / self.withdraw_speed
        return self.first_approach_s(station) + self.traces * (self.opening_s(station) + indent_s)

    def plan(self, station: Station) -> Plan:
        """Contact, indentation, slow withdrawal, clearance; again and again."""
        yield from self.begin()
        surface_m: float | None = None
        for number in range(self.traces):
            surface_m = yield from self.make_contact(station, surface_m)
            deepest_m = yield from self._indent(station, surface_m)
            outcome = yield from self.withdraw(station, deepest_m, {}, self.reaction_s(station))
            ended = yield from self.clear(station, outcome)
            if (number + 1) % self.baseline_every == 0:
                yield Baseline(self.baseline_time)
            yield Mark(self.cycle, {"number": number, "ended": ended, "contact_nm": surface_m / NM})
        yield Safe()

    def _indent(self, station: Station, surface_m: float) -> Steps[float]:
        """Go on into the contact, if that is wished; returns the extension then."""
        if not self.indent:
            return surface_m
        _, top_m = station.extension_range_m
        outcome = yield Ramp(
            "indent", min(top_m, surface_m + self.indent * NM), self.approach_speed * NM, reaction_s=0.25
        )
        return outcome.extension_m
