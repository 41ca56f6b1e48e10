"""Snapshots as a run of Au-BDNC-Au gives them, made up: for looking at, for tests of widgets, for benchmarks."""

from dataclasses import replace
from functools import cache

import numpy as np

from analysis.heating.convergence import ConvergenceSeries
from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_curves import heating_curves
from analysis.heating.prediction import predict
from analysis.heating.significance import Significance
from analysis.records import FloatArray, Trace
from analysis.spectra.lines import SpectralLine
from analysis.spectra.noise_reducer import HELD, OPEN, NoiseSpectrum
from analysis.statistics.junction_mean import effective_number
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import RecordSet
from analysis.statistics.statistic import TRACES
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from app.viewmodels.current_trace import CurrentTrace, TraceSnapshot
from app.viewmodels.heating_points import PointsSnapshot
from app.viewmodels.heating_view import HeatingSnapshot
from app.viewmodels.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak
from app.viewmodels.iv_view import IVSnapshot
from app.viewmodels.junction_state import ShownState
from app.viewmodels.noise_view import NoiseSnapshot
from app.viewmodels.peltier_view import PeltierSnapshot
from app.viewmodels.signals import SampledSignals
from app.viewmodels.statistics_view import StatisticsSnapshot
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.strips import StripCharts, StripsSnapshot
from app.viewmodels.thermal_conductance_view import ThermalConductanceSnapshot
from app.viewmodels.thermopower_view import ThermopowerSnapshot
from app.viewmodels.transmission_view import TransmissionSnapshot
from tests.support.physics.opening_traces import molecular_traces

RATE_HZ = 2000.0
MOLECULE_G0 = 2.07e-3
CODE_G0 = 9.8e-5
"""A step of the converter at the gain and bias of a break junction."""
NOISE_LOG10_G = -3.26
R_P = 72.8e3  # K/W
G0_S = 7.748e-5


def signals(first: int, n: int, rng: np.random.Generator) -> SampledSignals:
    """Openings of 2 s with a plateau, held and modulated every fourth time."""
    t = (first + np.arange(n)) / RATE_HZ
    opening = np.floor(t / 2.0)
    phase = t - 2.0 * opening
    plateau = 0.9 + 0.4 * np.sin(7.3 * opening)
    g = np.where(
        phase < 0.5, 3.0 - 2.0 * phase, np.where(phase < plateau, MOLECULE_G0, 2e-6 * np.exp(-phase))
    )
    g = g * np.exp(0.08 * rng.standard_normal(n)) + 5e-5 * rng.standard_normal(n)
    modulated = (opening % 4 == 3) & (phase > 0.5) & (phase < plateau)
    level = np.floor(3 * 12.25 * t) % 3
    bias = np.where(modulated, np.choose(level.astype(int), [1.08, 0.0, -1.08]), 0.1)
    z = 400.0 - 20.0 * np.abs(phase - 0.2) + 4.0 * np.sin(t / 9.0)
    thermo = 0.3 * rng.standard_normal(n) + np.where(modulated, -0.2 * np.abs(bias), 0.0)
    return SampledSignals(first, RATE_HZ, g, g * G0_S * bias, bias, z * 1e-9, thermo * 1e-6)


def strips(seconds: float = 34.0, seed: int = 1, pixels: int = 900) -> StripsSnapshot:
    charts = StripCharts(30.0, pixels)
    charts.feed(signals(0, int(seconds * RATE_HZ), np.random.default_rng(seed)))
    return charts.snapshot()


def opening(number: int, rng: np.random.Generator) -> Trace:
    """Gold, a molecule, and then the converter's codes about zero, as at 10⁵ V/A and 0.1 V."""
    length, at = rng.uniform(0.08e-9, 0.3e-9), rng.uniform(0.3e-9, 0.7e-9)
    x = np.arange(0.0, at + length + 0.3e-9, 1e-12)
    g = np.where(x < at, np.ceil((at - x) / 0.12e-9) * (1.0 - 0.1 * rng.random()), 0.0)
    molecule = MOLECULE_G0 * 10.0 ** (0.25 * rng.standard_normal())
    g = np.where((x >= at) & (x < at + length), molecule * np.exp(0.1 * np.sin(x * 6e10)), g)
    g = g * np.exp(0.01 * rng.standard_normal(x.size)) + 9e-5 * rng.standard_normal(x.size)
    return Trace(number, (0, x.size), x, CODE_G0 * np.round(g / CODE_G0), 0.1, "open")


def traces(n: int = 11, seed: int = 2) -> TraceSnapshot:
    rng = np.random.default_rng(seed)
    view = CurrentTrace()
    for number in range(n):
        view.trace(opening(number, rng))
    snapshot = view.snapshot()
    line = snapshot.last[-1]
    cut = int(line.x.size * 0.6)
    under_way = replace(line, x=line.x[:cut], log10_G=line.log10_G[:cut], ended="")
    return replace(snapshot, under_way=under_way, last=snapshot.last[:-1], traces=412)


def molecular(x: FloatArray) -> FloatArray:
    """Counts of the molecule's peak and of the slope below it, as the simulated rig has them."""
    return 0.25 - 0.05 * (x + 3.0) + 4.1 * np.exp(-0.5 * ((x - np.log10(MOLECULE_G0)) / 0.22) ** 2)


def peak() -> Peak:
    x = np.linspace(NOISE_LOG10_G, np.log10(MOLECULE_G0) + 0.8, 200)
    background = 0.25 - 0.05 * (x + 3.0)
    return Peak(
        "2.07e-03 ± 0.05e-03 G0", MOLECULE_G0, 5e-5, 9e-5, "log", True, (), x, molecular(x), background
    )


def histogram(seed: int = 3, n: int = 412) -> HistogramSnapshot:
    """A molecule of 4 counts a bin beside gold of 50, and the converter's codes far above both below the noise."""
    rng = np.random.default_rng(seed)
    log10_G = np.arange(-6.0, 1.2, 0.01) + 0.005
    gold = sum(
        h * np.exp(-0.5 * ((log10_G - np.log10(q)) / w) ** 2)
        for q, h, w in ((1, 50, 0.03), (1.86, 42, 0.04), (2.85, 40, 0.04), (4.5, 33, 0.08))
    )
    codes = np.log10(CODE_G0 * np.arange(1, 12))
    at = np.abs(log10_G[:, None] - codes).argmin(axis=0)
    comb = np.bincount(at, 70.0 * np.exp(-np.arange(at.size) / 2.0), minlength=log10_G.size)
    smooth = np.where(log10_G > NOISE_LOG10_G, np.where(log10_G < -1.0, molecular(log10_G), 0.0), comb) + gold
    log_counts = rng.poisson(np.maximum(smooth, 0.0) * 60.0) / 60.0 * (log10_G < 0.82)
    g = np.arange(0.0, 8.0, 0.01) + 0.005
    linear = sum(
        h * np.exp(-0.5 * ((g - q) / w) ** 2)
        for q, h, w in ((0.98, 12, 0.06), (1.9, 6, 0.15), (2.9, 4, 0.25))
    )
    linear_counts = np.maximum(linear + 2.0 + 60 * np.exp(-g / 0.03) + 0.3 * rng.standard_normal(g.size), 0.0)
    linear_peak = Peak(
        "0.982 ± 0.004 G0", 0.982, 0.004, 0.01, "linear", True, (), np.linspace(0.8, 1.2, 200),
        2 + 12 * np.exp(-0.5 * ((np.linspace(0.8, 1.2, 200) - 0.98) / 0.06) ** 2), np.full(200, 2.0),
    )  # fmt: skip
    return HistogramSnapshot(
        g, linear_counts, log10_G, log_counts, piled_up(n, rng), (peak(), linear_peak), n, n, 23,
        {"does not open": 15, "starts too low": 8}, NOISE_LOG10_G,
    )  # fmt: skip


def piled_up(n: int, rng: np.random.Generator) -> MapSnapshot:
    """Openings over displacement: gold, a molecule of some tenths of a nanometre, then the converter's codes."""
    nx, ny = 175, 160
    x, y = np.linspace(-1.0, 2.5, nx), np.linspace(-7.0, 1.0, ny)
    level = np.where(x < 0, 0.3 - 0.3 * x, np.log10(MOLECULE_G0) - 0.3 * x)
    density = 60 * np.exp(-0.5 * ((y[None, :] - level[:, None]) / 0.22) ** 2) * (x < 0.6)[:, None]
    for code in np.log10(CODE_G0 * np.arange(1, 4)):
        density[:, np.abs(y - code).argmin()] += 900.0 * ((x > 0.0) & (x < 1.2))
    counts = rng.poisson(density * rng.uniform(0.5, 1.0, density.shape))
    return MapSnapshot(counts, (-1.0, 2.5), (-7.0, 1.0), n, 9)


LEVEL = LevelTransmission([BreitWignerLevel(0.863, 0.0385, 0.0385)])
"""Transmission of the simulated junctions of BDNC."""
ROOM_K = 300.0


def iv(seed: int = 4, junctions: int = 12) -> IVSnapshot:
    """Curves of junctions whose couplings differ by a tenth, and their levels by 0.03 eV."""
    rng = np.random.default_rng(seed)
    v = np.linspace(-1.346, 1.346, 121)
    model, less, more = (
        currents(LEVEL, scale * v, ROOM_K, ROOM_K).current_A * 1e9 for scale in (1, 0.95, 1.05)
    )
    spread = 0.5 * np.abs(more - less) + 0.06 * np.abs(model) + 0.3
    mean = model + 0.004 * spread * np.sin(9 * v) + 0.5 * rng.standard_normal(v.size)
    newest = model + np.sign(v) * 1.1 * spread + 2.0 * rng.standard_normal(v.size)
    return IVSnapshot(
        v, mean, mean - 1, mean + 1, mean - spread, mean + spread, v, newest, model,
        {"energy_eV": (0.863, 0.017), "gamma_eV": (0.0385, 0.0008)}, 0.0034,
        f"one level with equal couplings, fitted to the mean I-V of {junctions} junctions", junctions, junctions,
        2 * junctions, {"the junction broke": 2}, conductance_G0=0.00201, sigma_conductance_G0=0.00010,
    )  # fmt: skip


AMPLITUDES_V = (0.74, 0.95, 1.08, 1.18, 1.27)


def series(amplitude_V: float, n: int, seed: int = 5) -> ConvergenceSeries:
    """Holds like those of the simulated rig: junctions differ by a quarter, far more than the thermometer's noise."""
    rng = np.random.default_rng(seed)
    heat = predict(LEVEL, [amplitude_V], R_P, ROOM_K)
    true = np.array([heat.dT_pos_K[0], heat.dT_neg_K[0]])[:, None] * 1e3  # mK, as all that follows
    differ = rng.standard_normal(n)
    kept_s = np.where(rng.random(n) < 0.75, 61, rng.integers(12, 60, n)) / 12.25
    noise = 1.55 / np.sqrt(kept_s)
    single = true * np.exp(np.array([[0.12], [0.24]]) * differ) + noise * rng.standard_normal((2, n))
    t, k = np.cumsum(kept_s), np.arange(1, n + 1)
    mean = np.cumsum(kept_s * single, axis=1) / t
    allowed = 1.55 / np.sqrt(t)
    sigma, difference = np.tile(allowed, (2, 1)), allowed.copy()
    for i in range(2, n + 1):
        covariance = np.cov(single[:, :i], aweights=kept_s[:i]) / i
        sigma[:, i - 1] = np.sqrt(np.diag(covariance))
        difference[i - 1] = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return ConvergenceSeries(
        f"{amplitude_V:.3g} V", amplitude_V, 12.25, "", k, t, 1e-3 * mean, 1e-3 * sigma, 1e-3 * difference,
        k > 2, 1e-3 * single, 1e-3 * np.stack([allowed, allowed]), R_P, 1 + n // 12,
        Significance(1e-3 * (mean[1, -1] - mean[0, -1]), 1e-3 * difference[-1], n, effective_number(kept_s)),
    )  # fmt: skip


@cache
def heating(seed: int = 3, n: int = 63, before: int = 100) -> HeatingSnapshot:
    """In the middle of the third amplitude of five; ``before`` holds at each of those before it."""
    v = np.array(AMPLITUDES_V[:3])
    holds = [series(x, n if x == v[-1] else before, seed + i) for i, x in enumerate(v)]
    return heated(tuple(holds))


def few_holds(n: int = 8, seed: int = 2) -> HeatingSnapshot:
    """A short run, over: as many holds at each amplitude, with little of each known."""
    return heated(tuple(series(x, n, seed + i) for i, x in enumerate(AMPLITUDES_V)))


def heated(holds: tuple[ConvergenceSeries, ...]) -> HeatingSnapshot:
    v = np.array([one.amplitude_V for one in holds])
    n = np.array([one.hold.size for one in holds])
    last = np.array([(*one.dT_K[:, -1], *one.sigma_K[:, -1]) for one in holds]).T * 1e3
    heats = last * 1e3 / R_P
    total = (
        heats[0] + heats[1]
    )  # all power becomes heat: half of it in the tip, on average of both polarities
    ends = 0.2 * total / np.sqrt(n)
    points = PointsSnapshot(
        v, n, total, total, heats[0], heats[1], ends, ends, heats[2], heats[3], *last
    )  # fmt: skip
    model = JunctionModel(LEVEL, "one level with equal couplings, fitted to the mean I-V of 12 junctions")
    curves = heating_curves(model, 1.1 * float(v.max()), R_P, 0.005)
    largest = max(float(c.predicted.q_total_pos_W.max()) for c in curves) * 1e6
    landauer = curves[0].predicted
    errors = 0.065 * landauer.bias_V**4 / 1.27**4
    known = replace(
        curves[0], error_pos_K=0.1 * errors * landauer.dT_pos_K, error_neg_K=errors * landauer.dT_neg_K
    )
    used, rejected = int(n.sum()), sum(one.rejected for one in holds)
    return HeatingSnapshot(
        holds, points, PointsSnapshot(), np.array([0, 1.1 * largest]), np.array([0, 0.55 * largest]),
        (known, *curves[1:]), model.source, used + rejected, used, rejected,
        scale_relative=0.0141, resistance_K_per_W=R_P,
    )  # fmt: skip


def transmission() -> TransmissionSnapshot:
    e = np.linspace(-1.4, 1.4, 601)
    tau = 0.0031 * 0.25 / ((e + 0.72) ** 2 + 0.008) + 2e-4 * np.exp(2 * e)
    return TransmissionSnapshot(
        e, tau, 0.8 * tau, 1.2 * tau, (-0.54, 0.54), 1.08, (-0.72,), MOLECULE_G0, 12.3,
        "one level, fitted to 64 junctions", False, {"energy_eV": (-0.72, 0.03), "gamma_probe_eV": (0.05, np.nan)},
    )  # fmt: skip


@cache
def thermopower(seed: int = 8) -> ThermopowerSnapshot:
    """Sixty junctions at each of three temperature differences."""
    rng = np.random.default_rng(seed)
    set_K = np.array([0.0, 10.2, 20.7])
    theta_K = np.repeat(set_K, 60)
    volts = 19.5 * theta_K + rng.normal(0.0, 40.0 + 2.0 * theta_K)
    means = volts.reshape(3, 60).mean(axis=1)
    return ThermopowerSnapshot(
        theta_K=theta_K,
        voltage_uV=volts,
        set_K=set_K,
        mean_uV=means,
        sem_uV=volts.reshape(3, 60).std(axis=1) / np.sqrt(60),
        line_K=set_K[[0, 2]],
        line_uV=19.5 * set_K[[0, 2]],
        seebeck_uV_per_K=19.5,
        sigma_uV_per_K=0.6,
        spread_uV_per_K=2.0,
        junctions=180,
        rejected=14,
    )


@cache
def thermal_conductance(seed: int = 9) -> ThermalConductanceSnapshot:
    """Two hundred ruptures of gold contacts with an alternating heater."""
    rng = np.random.default_rng(seed)
    time_s = np.linspace(-1.95, 1.95, 40)
    number = np.arange(1.0, 201.0)
    return ThermalConductanceSnapshot(
        time_s=time_s,
        mean_mK=np.where(time_s < 0.0, -0.65, 0.0) + rng.normal(0.0, 0.08, 40),
        band_mK=np.full(40, 0.08),
        number=number,
        running_pW_per_K=np.cumsum(rng.normal(610.0, 600.0, 200)) / number,
        running_sigma=600.0 / np.sqrt(number),
        conductance_pW_per_K=612.0,
        sigma_pW_per_K=43.0,
        lorenz=1.03,
        sigma_lorenz=0.07,
        quantum_G0=1.0,
        ruptures=200,
        heater_off=11,
        rejected=7,
        censored=3,
    )


@cache
def peltier(seed: int = 9) -> PeltierSnapshot:
    """Forty holds at each of three amplitudes of a molecule with 6.5 mV and 0.005 G0."""
    rng = np.random.default_rng(seed)
    current_nA = 0.3874 * np.array([10.0, 20.0, 50.0])
    odd_pW, even_pW = 6.5 * current_nA, 0.5 * current_nA**2 / 0.3874
    hold = np.arange(4.0, 121.0, 4.0)
    return PeltierSnapshot(
        current_nA=current_nA,
        odd_pW=odd_pW + rng.normal(0.0, 4.0, 3),
        sigma_odd_pW=np.full(3, 4.0),
        even_pW=even_pW + rng.normal(0.0, 7.0, 3),
        sigma_even_pW=np.full(3, 7.0),
        line_nA=np.array([0.0, 21.0]),
        line_pW=np.array([0.0, 136.5]),
        hold=hold,
        coefficient_mV=6.5 + rng.normal(0.0, 3.0, 30) / np.sqrt(hold),
        sigma_mV=3.0 / np.sqrt(hold),
        Pi_mV=6.4,
        sigma_Pi_mV=0.3,
        junctions=120,
        rejected=7,
    )


def noise(seed: int = 7) -> NoiseSnapshot:
    """Samples of a heating run: short stretches out of contact, and holds whose current is modulated."""
    rng = np.random.default_rng(seed)
    short: FloatArray = np.arange(1, 201, dtype=np.float64) * 5.0
    long: FloatArray = np.arange(1, 4001, dtype=np.float64) * 0.25

    def rough(f: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(rng.gamma(60, 1 / 60, f.size)), dtype=np.float64)

    open_A, open_V = 1.0e-11 * rough(short), 1.3e-8 * rough(short)
    held_A, held_V = (
        4e-11 * np.sqrt(1 + 40 / long) * rough(long),
        1.3e-8 * np.sqrt(1 + 3 / long) * rough(long),
    )
    for i, height in enumerate((70, 3, 14), start=1):
        open_V[round(50 * i / 5.0) - 1] += 1e-9 * height
        held_V[round(50 * i / 0.25) - 1] += 4e-9 * height
    for i in range(1, 80):
        held_A[round(12.25 * i / 0.25) - 1] += 1e-7 / i * (i % 3 > 0)
        held_V[round(12.25 * i / 0.25) - 1] += 1e-7 / i * (i % 3 > 0)
    mains = tuple(
        SpectralLine(50.0 * i, x * 1e-9, "mains" if i == 1 else f"mains {i}")
        for i, x in ((1, 70), (3, 14), (2, 3))
    )
    modulation = (SpectralLine(12.25, 2e-7, "modulation"),)
    return NoiseSnapshot(
        (
            NoiseSpectrum(OPEN, short, open_A, open_V, (), mains, 240, 34.0),
            NoiseSpectrum(HELD, long, held_A, held_V, modulation, (*mains, *modulation), 30, 118.0),
        )
    )


def status(**changes: object) -> StatusSnapshot:
    usual = StatusSnapshot(
        state=ShownState.HELD,
        in_state_s=3.2,
        conductance_G0=MOLECULE_G0,
        bias_V=1.08,
        modulated=True,
        tip_nm=412.3,
        tip_range_nm=(0.0, 800.0),
        recorded_samples=37_600_000,
        recorded_bytes=1_204_000_000,
        time_s=18_800.0,
        cycles=63,
        total_cycles=100,
        cycle_name="hold",
        cycles_per_minute=3.4,
        left_s=660.0,
        step="modulate",
        ended="",
        message="",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


@cache
def statistics(seed: int = 8) -> StatisticsSnapshot:
    """Statistics of 300 traces of a molecule; the tip changes after two thirds of them."""
    rng = np.random.default_rng(seed)
    traces = [*molecular_traces(200, rng), *molecular_traces(100, rng, share=0.2)]
    live = {name: STATISTICS[name] for name in STATISTICS if STATISTICS[name].live}
    results = {
        name: live[name].compute(traces, np.random.default_rng(0), RecordSet(("made",)))
        for name in live
        if live[name].of == TRACES
    }
    return StatisticsSnapshot(results, len(traces))
