"""Evaluation of recordings of thermal conductance: the measurement and its controls, rupture by rupture or at once."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.heating.mask import filters_of
from analysis.heating.thermometer import Thermometer, time_constant_s
from analysis.numbers import counted
from analysis.recording.header import RunHeader
from analysis.thermoelectric.control_verdict import (
    OTHER_SIDE,
    ControlVerdict,
    control_verdict,
    other_side_verdict,
)
from analysis.thermoelectric.gap_widening import GAP_WIDENED, GapHold, gap_hold, heat_across
from analysis.thermoelectric.rupture import MeasuredRupture, ZeroReading, measured, zero_reading
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.rupture_noise import RuptureNoise, noise_after
from analysis.thermoelectric.rupture_reader import PICTURE_S, RuptureRules
from analysis.thermoelectric.thermal_conductance import (
    LEAST_RUPTURES,
    UNKNOWN,
    Estimate,
    ThermalConductanceAnalysis,
    UsedRupture,
    ZeroDrift,
    average_trace,
    bootstrapped,
    heater_ratio,
    joule_share,
    lorenz_ratio_of,
    several_molecules,
    sham_steps,
    spread,
    thirds,
    weighted_mean,
)
from analysis.traces.read import calibration_of

SHAM_SEED = 20170310
"""Seed of the samples at which nothing broke; fixed, so that an evaluation can be repeated."""

NO_SHARE = Estimate(0.0, 0.0)
NEEDED_SHARE = 0.25
"""Largest error of a control that decides, over the thermal conductance."""


@dataclass(frozen=True, eq=False)
class ThermalConductanceRun:
    """Measured ruptures of one recording, with the thermometer of its tip."""

    name: str
    ruptures: tuple[MeasuredRupture, ...]
    thermometer: Thermometer
    mains_Hz: float = 50.0
    gain_relative: float = 0.0
    gaps: tuple[GapHold, ...] = ()
    zeros: tuple[ZeroReading, ...] = ()

    @property
    def control(self) -> str:
        """Name of the control experiment; "" for the measurement itself."""
        if self.gaps:
            return GAP_WIDENED
        return next((one.control for one in self.ruptures if one.control), "")


class ThermalConductanceReducer:
    """Reducer of the holds of one recording to a `ThermalConductanceRun`, live or offline.

    Raises
    ------
    UncalibratedThermometer
        If the recording lacks a calibration of its thermometer.
    """

    def __init__(self, header: RunHeader, name: str) -> None:
        self._name, self._thermometer = name, Thermometer.from_calibrations(header.calibrations)
        self._rules = rules_of(header, self._thermometer)
        calibration = calibration_of(header)
        gain = math.nan if calibration is None else calibration.gain_uncertainty
        self._gain_relative = gain if math.isfinite(gain) else 0.0
        self._rng = np.random.default_rng(SHAM_SEED)
        self.ruptures: list[MeasuredRupture] = []
        self.gaps: list[GapHold] = []
        self.zeros: list[ZeroReading] = []

    def feed(self, hold: RuptureHold) -> None:
        """Measure the next hold, of a junction or in an open gap, or read the thermometer's zero."""
        if hold.notes.get("zero"):
            self.zeros.extend(filter(None, [zero_reading(hold)]))
        elif "gap" in hold.notes:
            self.gaps.append(gap_hold(hold, self._rules))
        else:
            self.ruptures.append(measured(hold, self._rules, self._rng))

    def run(self) -> ThermalConductanceRun:
        """Return the ruptures so far."""
        return ThermalConductanceRun(
            self._name,
            tuple(self.ruptures),
            self._thermometer,
            self._rules.mains_Hz,
            self._gain_relative,
            tuple(self.gaps),
            tuple(self.zeros),
        )


def rules_of(header: RunHeader, thermometer: Thermometer) -> RuptureRules:
    """Return what the evaluation must know, from the header of a recording."""
    filters = filters_of(header.settings, time_constant_s(header.calibrations))
    mains_Hz = float((header.rig or {}).get("mains_Hz", 50.0))
    return RuptureRules(thermometer.seebeck_V_per_K, filters, mains_Hz)


def evaluate(holds: Iterable[RuptureHold], header: RunHeader, name: str) -> ThermalConductanceRun:
    """Evaluate all holds of one recording; errors as of `ThermalConductanceReducer`."""
    reducer = ThermalConductanceReducer(header, name)
    for hold in holds:
        reducer.feed(hold)
    return reducer.run()


def combine(runs: Sequence[ThermalConductanceRun], rng: np.random.Generator) -> ThermalConductanceAnalysis:
    """Combine recordings of the measurement, and compare its controls.

    Raises
    ------
    ValueError
        Without a rupture that can be used; with a steady heater also without a rupture with the heater off, which
        gives the thermometer's zero.
    """
    kinds: dict[str, list[ThermalConductanceRun]] = {}
    for run in runs:
        kinds.setdefault(run.control, []).append(run)
    gaps = kinds.pop(GAP_WIDENED, [])
    results = {kind: summarise(members, rng) for kind, members in kinds.items()}
    own = results.pop("", None)
    if own is None:
        raise ValueError("these are controls only; analyse them together with the measurement")
    return with_controls(own, tuple(results.items()), gaps)


def summarise(runs: Sequence[ThermalConductanceRun], rng: np.random.Generator) -> ThermalConductanceAnalysis:
    """Combine recordings of one kind; errors as of `combine`."""
    ruptures = [one for run in runs for one in run.ruptures]
    thermometer, mode = runs[0].thermometer, _mode(ruptures)
    rejected = Counter(one.rejected for one in ruptures if one.rejected)
    rejected.update("another kind of heater" for one in ruptures if one.mode != mode and one.step)
    whole = [one for one in ruptures if one.step is not None and one.mode == mode]
    on, off = [one for one in whole if one.heated], [one for one in whole if not one.heated]
    if not any(one.molecules == 1 for one in on):
        which = "no junction of one molecule" if on else "no junction"
        raise ValueError(f"{which} has broken yet with the heater on")
    noise = noise_after(whole, thermometer.seebeck_V_per_K, runs[0].mains_Hz)
    alone = [one for run in runs for one in placed(run, mode, noise, 0.0) if one.rupture.molecules == 1]
    sham = sham_steps(alone, thermometer, noise)
    noise = replace(noise, scale=1.0 if sham is None else sham.error_scale)
    share = joule_share(off, thermometer, noise) if mode == "dc" else NO_SHARE
    every = [one for run in runs for one in placed(run, mode, noise, share.value)]
    used = [one for one in every if one.rupture.molecules == 1]
    values = np.array([one.W_per_K for one in used])
    sigma = np.array([one.sigma_W_per_K for one in used])
    enough = len(used) >= LEAST_RUPTURES
    mean = weighted_mean(values, sigma)
    joule = np.array([one.rupture.power_W / one.difference_K for one in used])
    per_share = weighted_mean(joule, sigma).value if mode == "dc" else 0.0
    drawn = bootstrapped(values, sigma, rng) if enough else UNKNOWN
    scale = _known(thermometer.resistance_uncertainty_K_per_W / thermometer.resistance_K_per_W)
    gain = max(run.gain_relative for run in runs)
    return ThermalConductanceAnalysis(
        mode=mode,
        conductance=Estimate(mean.value, math.hypot(drawn.sigma, share.sigma * per_share)),
        noise_sigma_W_per_K=mean.sigma,
        scale_relative=scale,
        spread_W_per_K=spread(values, sigma) if enough and noise.scale == 1.0 else math.nan,
        uncorrected_W_per_K=mean.value - share.value * per_share,
        joule_W=share.value * float(np.mean([one.rupture.power_W for one in used])),
        joule_share=share,
        heater_off=_heater_off(off, used, thermometer, noise, share.value),
        average=average_trace(used, *PICTURE_S[mode]),
        lorenz=lorenz_ratio_of(used, math.hypot(scale, gain), share.sigma, rng),
        sham=sham,
        against_hold_time=thirds(used, np.array([one.rupture.held_s for one in used])),
        against_G=thirds(used, np.array([one.rupture.conductance_S for one in used])),
        used=tuple(used),
        off=len(off),
        censored=sum(one.censored for one in ruptures),
        excluded=rejected,
        noise=noise,
        heater_ratio=heater_ratio(used, mode, thermometer.resistance_K_per_W),
        several=several_molecules([one for one in every if one.rupture.molecules > 1], rng),
        zero=zero_drift(runs) if mode == "dc" else None,
    )


def _mode(ruptures: Sequence[MeasuredRupture]) -> str:
    return Counter(one.mode for one in ruptures).most_common(1)[0][0] if ruptures else "2w"


def _known(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def placed(
    run: ThermalConductanceRun, mode: str, noise: RuptureNoise, joule_share: float
) -> list[UsedRupture]:
    """Return the ruptures of a recording with the heater on, with their temperatures and thermal conductances.

    Raises
    ------
    ValueError
        With a steady heater, if no rupture with the heater off gives the thermometer's zero.
    """
    whole = [one for one in run.ruptures if one.step is not None and one.mode == mode]
    zeros = zeros_of(run, mode)
    if mode == "dc" and not zeros:
        raise ValueError("no rupture with the heater off gives the thermometer's zero")
    at, zero_V = [one.sample for one in zeros], [one.thermocouple_V for one in zeros]
    resistance, used = run.thermometer.resistance_K_per_W, []
    for one in whole:
        if not one.heated or one.step is None:
            continue
        tip_K = math.nan
        if zeros:
            above_V = one.thermocouple_V - float(np.interp(one.sample, at, zero_V))
            tip_K = one.base_K - above_V / run.thermometer.seebeck_V_per_K
        if mode == "2w":
            difference_K, power_W = one.difference_K, 0.0
            alone_K = tip_K if zeros else one.difference_K  # filters lower the amplitude a little
            rises_K = {"tip": alone_K, "base": one.base_K, "substrate": one.substrate_K}
            mean_K = one.ambient_K + rises_K[one.where]
        else:
            difference_K, power_W = tip_K - one.substrate_K, joule_share * one.power_W
            mean_K = one.ambient_K + 0.5 * (tip_K + one.substrate_K)
        W_per_K = (one.step.value_K / resistance + power_W) / difference_K
        error = noise.sigma_K(one, one.step) / abs(resistance * difference_K)
        used.append(UsedRupture(one, difference_K, mean_K, W_per_K, error))
    return used


def zeros_of(run: ThermalConductanceRun, mode: str) -> list[ZeroReading]:
    """Return all readings of the thermometer's zero in a recording, by time: its own, and ruptures with heater off."""
    off = (one for one in run.ruptures if one.step is not None and one.mode == mode and not one.heated)
    by_ruptures = (ZeroReading(one.sample, one.thermocouple_V) for one in off)
    return sorted((*by_ruptures, *run.zeros), key=lambda one: one.sample)


def zero_drift(runs: Sequence[ThermalConductanceRun]) -> ZeroDrift:
    """Return how much the thermometer's zero moved in recordings with a steady heater."""
    each_V = [np.array([one.thermocouple_V for one in zeros_of(run, "dc")]) for run in runs]
    per_K = 1.0 / runs[0].thermometer.seebeck_V_per_K
    moved_V = [volts for volts in each_V if len(volts) > 1]
    return ZeroDrift(
        readings=sum(map(len, each_V)),
        range_K=per_K * max((float(np.ptp(volts)) for volts in moved_V), default=math.nan),
        largest_move_K=per_K
        * max((float(np.abs(np.diff(volts)).max()) for volts in moved_V), default=math.nan),
    )


def _heater_off(
    off: Sequence[MeasuredRupture],
    used: Sequence[UsedRupture],
    thermometer: Thermometer,
    noise: RuptureNoise,
    share: float,
) -> Estimate:
    """Return what ruptures with the heater off would give as a thermal conductance at the mean difference."""
    if not off or not used:
        return UNKNOWN
    difference_K, resistance = (
        float(np.mean([one.difference_K for one in used])),
        thermometer.resistance_K_per_W,
    )
    steps = [(one, one.step) for one in off if one.step is not None]
    values = np.array(
        [(step.value_K / resistance + share * one.power_W) / difference_K for one, step in steps]
    )
    sigma = np.array([noise.sigma_K(one, step) / abs(resistance * difference_K) for one, step in steps])
    return weighted_mean(values, sigma)


def with_controls(
    measurement: ThermalConductanceAnalysis,
    others: Sequence[tuple[str, ThermalConductanceAnalysis]],
    gaps: Sequence[ThermalConductanceRun] = (),
) -> ThermalConductanceAnalysis:
    """Return the measurement with the verdicts of its control experiments and of what it contains itself."""
    own, off, sham = measurement.conductance, measurement.heater_off, measurement.sham
    needed = NEEDED_SHARE * abs(own.value)

    def verdict(name: str, value: float, sigma: float, what: str) -> ControlVerdict:
        return control_verdict(name, value, sigma, "W/K", 0.0, needed, what)

    found = []
    if math.isfinite(off.sigma):
        found.append(verdict("heater off", off.value, off.sigma, "G_th from ruptures with the heater off"))
    if sham is not None:
        found.append(
            verdict("sham ruptures", sham.mean_W_per_K, sham.sigma_W_per_K, "G_th where nothing broke")
        )
    for name, other in others:
        seen = other.conductance
        error = math.hypot(seen.sigma, own.sigma)
        one = verdict(name, seen.value - own.value, error, "G_th less that measured")
        if name == OTHER_SIDE:
            places, own_places = ({each.rupture.where for each in run.used} for run in (other, measurement))
            one = other_side_verdict(one, places, own_places, seen.value * own.value < 0.0)
        found.append(one)
    for run in gaps:
        value, sigma, pairs = heat_across(run.gaps, run.thermometer.resistance_K_per_W)
        what = f"G_th that a gap loses when it is widened ({counted(pairs, 'pair')})"
        found.append(verdict(GAP_WIDENED, value, sigma, what))
    return replace(measurement, controls=tuple(found))
