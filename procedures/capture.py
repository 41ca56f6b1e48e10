"""Capture of junctions: a withdrawal that stops on a plateau of conductance, and the check that follows.

Lee et al., Nature 498, 209 (2013), hold junctions whose low-bias conductance is within 10 % of the most probable
one. The paper gives no dwell for a plateau. The default of 30 pm, which is 0.3 s at 0.1 nm/s, never accepts a vacuum
gap, whose conductance falls by nine decades per nanometre.
"""

from dataclasses import dataclass
from statistics import NormalDist

from analysis.conductance import full_scale_conductance_G0
from analysis.constants import G0_S
from analysis.detect import OpenDetector, PlateauDetector
from analysis.trip import METALLIC_G0
from procedures.contact import NM, OPEN_SAMPLES, ContactProcedure
from procedures.contact_checks import no_contact
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, NoJunction
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter
from procedures.steps import Baseline, HoldStep, Ramp, SetBias

LEAST_DWELL_SAMPLES = 10

LEAST_STEPS = 2.0
"""Least width of the conductance window in converter steps; a narrower window is not resolved."""

LEAST_SIGMAS = 1.5
"""Least open threshold in standard deviations of the noise: one run of ten samples in four is then below it."""

MOST_INSIDE = 99.0
"""Share inside the window, in %, that is asked of noise at most."""

OPENINGS_A_JUNCTION = {"metal": 1.7, "molecule": 14}
"""Time to catch a junction, in whole openings, for time estimates only. On the simulated rig gold takes 2.4 openings,
most of them short, and molecules 12 to 15."""

TAIL_DECADES_PER_NM = 9.0
"""Slope of a clean vacuum gap: 9 to 10 decades per nanometre for 4 to 5 eV."""


@dataclass(frozen=True)
class CaptureWindow:
    """Range of low-bias conductance in which a junction is accepted."""

    low_G0: float
    high_G0: float

    def holds(self, conductance_G0: float) -> bool:
        """Return True if the conductance lies inside; NaN does not."""
        return self.low_G0 <= conductance_G0 <= self.high_G0

    def widened(self, factor: float) -> "CaptureWindow":
        """Return the window with both ends moved outward by a factor."""
        return CaptureWindow(self.low_G0 / factor, self.high_G0 * factor)


@dataclass
class SearchProgress:
    """Progress of the search for junctions: position of the surface, number of openings, trips in a row."""

    surface_m: float | None = None
    openings: int = 0
    trips_in_a_row: int = 0


class CaptureProcedure(ContactProcedure):
    """Base of procedures that catch junctions on plateaus of conductance, one after the other."""

    pace_scatter = 1.0

    conductance = FloatParameter(
        "Most probable conductance", units="G_0", minimum=1e-8, maximum=20,
        description="Centre of the conductance window: the peak of an earlier histogram.",
    )  # fmt: skip
    window_percent = FloatParameter(
        "Window half-width", units="%", minimum=0.1, maximum=90, default=10,
        description="Accept junctions within this deviation from the most probable conductance.",
    )  # fmt: skip
    window_sigma = FloatParameter(
        "Window half-width in sigma", minimum=0, maximum=5, default=0,
        description="Half-width of the window in standard deviations of the peak. 0: use the window in percent.",
    )  # fmt: skip
    peak_sigma_decades = FloatParameter(
        "Width of the peak", units="decades", minimum=0, maximum=3, default=0,
        description="Standard deviation of log10 G of the histogram's peak; sets the window in sigma.",
    )  # fmt: skip
    dwell = FloatParameter(
        "Dwell", units="nm", minimum=0.001, maximum=10, default=0.03,
        description="Tip travel over which the conductance must form a plateau.",
    )  # fmt: skip
    inside = FloatParameter(
        "Share inside the window", units="%", minimum=10, maximum=100, default=90,
        description="Least share of the dwell's samples that lie inside the window.",
    )  # fmt: skip
    slope = FloatParameter(
        "Largest slope", units="decades/nm", minimum=0.01, maximum=TAIL_DECADES_PER_NM / 2, default=2,
        description="Largest slope of log10 G along the dwell. A vacuum gap falls by nine decades per nanometre.",
    )  # fmt: skip
    scatter = FloatParameter(
        "Largest scatter", units="decades", minimum=0.001, maximum=1, default=0.1,
        description="Largest standard deviation of log10 G along the dwell.",
    )  # fmt: skip
    stop_within = FloatParameter(
        "Stop within", units="nm", minimum=1e-4, maximum=1, default=0.01,
        description="Largest tip travel after the plateau is complete.",
    )  # fmt: skip
    check_time = FloatParameter(
        "Check time", units="s", minimum=0.02, maximum=60, default=0.2,
        description="Time at low bias after which the conductance must still lie in the window.",
    )  # fmt: skip
    leave_speed = FloatParameter(
        "Leaving speed", units="nm/s", minimum=0.001, maximum=100, default=5,
        description="Withdrawal speed after a measurement. The trace is not needed, so it may be fast.",
    )  # fmt: skip
    most_openings = IntegerParameter(
        "Maximum empty openings", units="openings", minimum=1, maximum=1_000_000, default=500,
        description="End the run after this many openings in a row without a junction.",
    )  # fmt: skip

    @property
    def window(self) -> CaptureWindow:
        """Range of conductance in which a junction is accepted."""
        if self.window_sigma:
            factor = 10 ** (self.window_sigma * self.peak_sigma_decades)
            return CaptureWindow(self.conductance / factor, self.conductance * factor)
        share = self.window_percent / 100
        return CaptureWindow(self.conductance * (1 - share), self.conductance * (1 + share))

    @property
    def _window_parameters(self) -> tuple[str, str]:
        """Names of the parameters that set the window's centre and width."""
        return "conductance", "window_sigma" if self.window_sigma else "window_percent"

    def reaction_s(self, context: ProcedureContext) -> float:
        """Return the time of travel over ``stop_within``, in s, so that a junction is not pulled apart."""
        return float(min(max(self.stop_within / self.withdraw_speed, 2 / context.rate_Hz), 0.5))

    def obtain_s(self, context: ProcedureContext) -> float:
        """Estimate the time to catch a junction, to check it twice and to leave it, in s.

        Assumes that a metallic contact in the window takes 1.7 whole openings, a molecule 14.
        """
        kind = "metal" if self.window.high_G0 > METALLIC_G0 else "molecule"
        return OPENINGS_A_JUNCTION[kind] * self.opening_s(context) + 2 * float(self.check_time)

    @property
    def typical_G0(self) -> float:
        """Conductance of a successful check, in G0."""
        return float(self.conductance)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a window or a dwell with which no junction can be caught."""
        super().check(context)
        self._check_window(context)
        samples = self._dwell_samples(context)
        if samples < LEAST_DWELL_SAMPLES:
            raise ImpossibleSetting(
                f"dwell = {self.dwell:g} nm lasts {samples} samples at {self.withdraw_speed:g} nm/s; at least "
                f"{LEAST_DWELL_SAMPLES} are needed. Withdraw more slowly, or dwell longer.",
                "dwell",
                "withdraw_speed",
            )
        if self.dwell >= self.past_break:
            raise ImpossibleSetting(
                f"dwell = {self.dwell:g} nm must be shorter than past_break = {self.past_break:g} nm, where a "
                "withdrawal ends.",
                "dwell",
                "past_break",
            )

    def _check_window(self, context: ProcedureContext) -> None:
        if self.conductance is None:
            raise ImpossibleSetting(
                "conductance is not set; give the peak of a histogram, in G0: junctions near it are held.",
                "conductance",
            )
        if self.window_sigma and not self.peak_sigma_decades:
            raise ImpossibleSetting(
                "window_sigma needs peak_sigma_decades, the width of the histogram's peak.",
                "peak_sigma_decades",
                "window_sigma",
            )
        window, bias_V = self.window, abs(self.bias) * 1e-3
        if window.low_G0 <= self.open_threshold:
            raise ImpossibleSetting(
                f"the window begins at {window.low_G0:.3g} G0, but below open_threshold = "
                f"{self.open_threshold:g} G0 a junction counts as open.",
                *self._window_parameters,
                "open_threshold",
            )
        rail_G0 = full_scale_conductance_G0(context.amplifier, bias_V)
        if window.high_G0 >= rail_G0:
            raise ImpossibleSetting(
                f"the window ends at {window.high_G0:.3g} G0, but the current amplifier rails at {rail_G0:.3g} G0.",
                *self._window_parameters,
            )
        width_V = (window.high_G0 - window.low_G0) * G0_S * bias_V * context.amplifier.gain_V_per_A
        if width_V < LEAST_STEPS * context.resolution_V:
            raise ImpossibleSetting(
                f"the window is {width_V:.2g} V wide at {self.bias:g} mV and {context.amplifier.gain_V_per_A:.0e} "
                f"V/A, less than {LEAST_STEPS:g} steps of the converter ({context.resolution_V:.2g} V), so it is not "
                "resolved. Raise the gain or the bias, or widen the window.",
                *reversed(self._window_parameters),
                "bias",
            )

    def next_junction(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Open contacts until a junction is caught; return its low-bias conductance in G0.

        Raises
        ------
        NoJunction
            After ``most_openings`` in a row without one.
        TooNoisy
            If the noise hides the window, or that a junction is open.
        """
        self._require_quiet()
        for _ in range(self.most_openings):
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            caught_G0 = yield from self._capture(context, search.surface_m)
            if caught_G0 is not None:
                return caught_G0
            yield from self.opened(search)
        raise NoJunction(
            f"{self.most_openings} openings in a row without a junction of {self.window.low_G0:.3g} to "
            f"{self.window.high_G0:.3g} G0. Look at a histogram of this sample: conductance, window or dwell does not "
            "match it, or there are no molecules left."
        )

    def _require_quiet(self) -> None:
        """Refuse a noise with which ten samples in a row hardly ever are in the window, or show an open junction."""
        window, noise_G0 = self.window, self.noise_G0
        if self.open_threshold < LEAST_SIGMAS * noise_G0:
            raise no_contact.too_noisy_to_open(noise_G0, self.open_threshold)
        inside = NormalDist().inv_cdf(0.5 + min(self.inside, MOST_INSIDE) / 200.0)
        if window.high_G0 - window.low_G0 < 2.0 * inside * noise_G0:
            raise no_contact.too_noisy_to_catch(noise_G0, f"{window.low_G0:.3g} to {window.high_G0:.3g} G0")

    def _capture(self, context: ProcedureContext, surface_m: float) -> Steps[float | None]:
        """Withdraw until a plateau passes its check; return its conductance in G0, or None if the contact opened."""
        while True:
            plateau = {"plateau": self._plateau_detector(context)}
            outcome = yield from self.withdraw(context, surface_m, plateau, self.reaction_s(context))
            if outcome.ended != "plateau":
                yield from self.clear(context, outcome)
                return None
            checked_G0 = (yield self.look()).conductance_G0
            self.refuse_wrong_sign(checked_G0, self.window)
            if self.window.holds(checked_G0):
                return checked_G0

    def refuse_wrong_sign(self, conductance_G0: float, window: CaptureWindow) -> None:
        """Raise ``WrongPolarity`` if the conductance lies in the window except for its sign."""
        if window.low_G0 > 0 and window.holds(-conductance_G0):
            raise no_contact.wrong_polarity("through the junction", conductance_G0, self.bias)

    def look(self) -> HoldStep:
        """Return the step that checks the conductance at low bias."""
        return HoldStep("check", self.check_time, reaction_s=self.check_time)

    def _plateau_detector(self, context: ProcedureContext) -> PlateauDetector:
        return PlateauDetector(
            self.window.low_G0,
            self.window.high_G0,
            self._dwell_samples(context),
            fraction=self.inside / 100,
            slope_decades=self.slope * self.dwell,
            scatter_decades=self.scatter,
        )

    def _dwell_samples(self, context: ProcedureContext) -> int:
        return round(self.dwell / self.withdraw_speed * context.rate_Hz)

    def leave(self, context: ProcedureContext, search: SearchProgress, extension_m: float) -> Steps[None]:
        """Open a junction after its measurement, from the tip's extension in m, and clear it."""
        low_m, _ = context.extension_range_m
        outcome = yield Ramp(
            "leave",
            max(low_m, extension_m - self.longest_withdrawal * NM),
            self.leave_speed * NM,
            {"open": OpenDetector(self.open_threshold, OPEN_SAMPLES)},
        )
        yield from self.clear(context, outcome)
        yield from self.opened(search)

    def retract(self, context: ProcedureContext, extension_m: float) -> Steps[float]:
        """Retract the tip from a junction that tripped, then apply the low bias; return the extension in m."""
        low_m, _ = context.extension_range_m
        back_m = extension_m - (self.past_break + self.clearance) * NM
        yield Ramp("retract", max(low_m, back_m), self.leave_speed * NM, reaction_s=0.25)
        outcome = yield SetBias(self.bias * 1e-3)
        return outcome.extension_m

    def opened(self, search: SearchProgress) -> Steps[None]:
        """Count an opening, and measure the current amplifier's zero when it is due.

        It is due after the first opening already: the run's first baseline was measured with the tip fully retracted,
        and the piezo's voltage leaks a little into the current channel.
        """
        if search.openings % self.baseline_every == 0:
            yield Baseline(self.baseline_time)
        search.openings += 1
