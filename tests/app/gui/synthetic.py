"""Snapshots as a run of Au-BDNC-Au gives them, made up: for looking at, for tests of widgets, for benchmarks."""

from dataclasses import replace

import numpy as np

from analysis.heating.spectrum import SpectralLine
from analysis.records import Trace
from app.views.convergence import ConvergenceSnapshot
from app.views.current_trace import CurrentTrace, TraceSnapshot
from app.views.heating_curves import HeatingCurve
from app.views.heating_points import PointsSnapshot
from app.views.heating_view import HeatingSnapshot
from app.views.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak
from app.views.iv_view import IVSnapshot
from app.views.junction_state import State
from app.views.noise_view import NoiseSnapshot
from app.views.signals import Signals
from app.views.status_view import StatusSnapshot
from app.views.strips import StripCharts, StripsSnapshot
from app.views.transmission_view import TransmissionSnapshot

RATE_HZ = 2000.0
MOLECULE_G0 = 2.07e-3
R_P = 72.3e3  # K/W
G0_S = 7.748e-5


def signals(first: int, n: int, rng: np.random.Generator) -> Signals:
    """Openings of 2 s with a plateau, held and modulated every fourth time."""
    t = (first + np.arange(n)) / RATE_HZ
    opening = np.floor(t / 2.0)
    phase = t - 2.0 * opening
    plateau = 0.9 + 0.4 * np.sin(7.3 * opening)
    g = np.where(
        phase < 0.5, 3.0 - 2.0 * phase, np.where(phase < plateau, MOLECULE_G0, 2e-6 * np.exp(-phase))
    )
    g = g * np.exp(0.08 * rng.standard_normal(n)) + 1e-6 * rng.standard_normal(n)
    modulated = (opening % 4 == 3) & (phase > 0.5) & (phase < plateau)
    level = np.floor(3 * 12.25 * t) % 3
    bias = np.where(modulated, np.choose(level.astype(int), [1.08, 0.0, -1.08]), 0.1)
    z = 400.0 - 20.0 * np.abs(phase - 0.2) + 4.0 * np.sin(t / 9.0)
    thermo = 0.3 * rng.standard_normal(n) + np.where(modulated, -0.2 * np.abs(bias), 0.0)
    return Signals(first, RATE_HZ, g, g * G0_S * bias, bias, z * 1e-9, thermo * 1e-6)


def strips(seconds: float = 34.0, seed: int = 1, pixels: int = 900) -> StripsSnapshot:
    charts = StripCharts(30.0, pixels)
    charts.feed(signals(0, int(seconds * RATE_HZ), np.random.default_rng(seed)))
    return charts.snapshot()


def opening(number: int, rng: np.random.Generator) -> Trace:
    x = np.arange(0.0, 3.2e-9, 2.5e-12)
    length = rng.uniform(0.3e-9, 0.9e-9)
    at = 0.8e-9
    g = np.where(x < at, np.ceil((at - x) / 0.25e-9), 0.0)
    g = np.where((x >= at) & (x < at + length), MOLECULE_G0 * np.exp(0.25 * np.sin(x * 2e10)), g)
    g = np.where(x >= at + length, 1e-4 * np.exp(-(x - at - length) * 1.1e10), g)
    g = g * np.exp(0.06 * rng.standard_normal(x.size)) + 4e-7 * rng.standard_normal(x.size)
    return Trace(number, (0, x.size), x, g, 0.1, "open")


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


def peak(scale: str = "log") -> Peak:
    x = np.linspace(np.log10(MOLECULE_G0) - 0.5, np.log10(MOLECULE_G0) + 0.5, 200)
    background = 14.0 - 4.0 * (x - x[0])
    fit = background + 46.0 * np.exp(-0.5 * ((x - np.log10(MOLECULE_G0)) / 0.19) ** 2)
    return Peak("2.07e-03 ± 0.05e-03 G0", MOLECULE_G0, 5e-5, 9e-5, scale, True, (), x, fit, background)


def histogram(seed: int = 3, n: int = 412) -> HistogramSnapshot:
    rng = np.random.default_rng(seed)
    log10_G = np.arange(-7.0, 1.2, 0.02) + 0.01
    molecule = 46.0 * np.exp(-0.5 * ((log10_G - np.log10(MOLECULE_G0)) / 0.19) ** 2)
    noise = 900.0 * np.exp(-0.5 * ((log10_G + 6.2) / 0.25) ** 2)
    gold = sum(
        h * np.exp(-0.5 * ((log10_G - np.log10(q)) / 0.03) ** 2) for q, h in ((1, 95), (1.9, 50), (2.9, 34))
    )
    smooth = 10.0 - 1.5 * (log10_G + 3.0) + molecule + noise + gold
    log_counts = np.maximum(smooth + 1.2 * rng.standard_normal(smooth.size), 0.0) * (log10_G < 0.9)
    g = np.arange(0.0, 8.0, 0.01) + 0.005
    linear = sum(
        h * np.exp(-0.5 * ((g - q) / w) ** 2)
        for q, h, w in ((0.98, 12, 0.06), (1.9, 6, 0.15), (2.9, 4, 0.25))
    )
    linear_counts = np.maximum(linear + 2.0 + 60 * np.exp(-g / 0.03) + 0.3 * rng.standard_normal(g.size), 0.0)
    nx, ny = 175, 160
    x, y = np.linspace(-1.0, 2.5, nx), np.linspace(-7.0, 1.0, ny)
    level = np.where(
        x < 0, 0.3 - 0.3 * x, np.where(x < 0.8, np.log10(MOLECULE_G0) - 0.3 * x, -4.0 - 5.0 * (x - 0.8))
    )
    density = 60 * np.exp(-0.5 * ((y[None, :] - np.maximum(level, -6.3)[:, None]) / 0.22) ** 2)
    counts = rng.poisson(density * rng.uniform(0.5, 1.0, density.shape))
    linear_peak = Peak(
        "0.982 ± 0.004 G0", 0.982, 0.004, 0.01, "linear", True, (), np.linspace(0.8, 1.2, 200),
        2 + 12 * np.exp(-0.5 * ((np.linspace(0.8, 1.2, 200) - 0.98) / 0.06) ** 2), np.full(200, 2.0),
    )  # fmt: skip
    return HistogramSnapshot(
        g, linear_counts, log10_G, log_counts, MapSnapshot(counts, (-1.0, 2.5), (-7.0, 1.0), n, 9),
        (peak(), linear_peak), n, n, 23, {"does not open": 15, "starts too low": 8}, -5.4,
    )  # fmt: skip


def iv(seed: int = 4) -> IVSnapshot:
    rng = np.random.default_rng(seed)
    v = np.linspace(-1.2, 1.2, 121)
    model = 1e9 * MOLECULE_G0 * G0_S * (v + 0.25 * v**3 + 0.06 * v**2)
    mean = model * (1 + 0.01 * rng.standard_normal()) + 1.5 * rng.standard_normal(v.size)
    sd = 8.0 + 0.35 * np.abs(model)
    return IVSnapshot(
        v, mean, mean - 1, mean + 1, mean - sd, mean + sd, v, model * 1.3 + 4 * rng.standard_normal(v.size), model,
        {}, 0.013, "one level", 60, 64, 128, {"junction broke": 5},
    )  # fmt: skip


def series(amplitude_V: float, n: int, seed: int = 5) -> ConvergenceSnapshot:
    rng = np.random.default_rng(seed)
    power_uW = MOLECULE_G0 * G0_S * amplitude_V**2 / 2 * 1e6 * (1 + 0.25 * amplitude_V**2)
    true = np.array([0.42, 0.58])[:, None] * power_uW * R_P * 1e-3
    single = true + 3.4 * rng.standard_normal((2, n))
    t = np.cumsum(rng.uniform(2.0, 6.0, n))
    k = np.arange(1, n + 1)
    mean = np.cumsum(single, axis=1) / k
    sigma = np.full((2, n), 3.4) / np.sqrt(k) * rng.uniform(0.9, 1.1, (2, n))
    expected = np.full((2, n), 6.1) / np.sqrt(t)
    return ConvergenceSnapshot(
        f"{amplitude_V:.3g} V", amplitude_V, 12.25, "", k, t, *mean, *sigma, *single, *expected, 4
    )


def heating(seed: int = 6, n: int = 63) -> HeatingSnapshot:
    rng = np.random.default_rng(seed)
    v = np.array([0.55, 0.78, 0.93, 1.08, 1.18, 1.27])
    total = MOLECULE_G0 * G0_S * v**2 * 1e6 * (1 + 0.25 * v**2)
    share = 0.5 - 0.09 * v / 1.27

    def curve(name: str, part: float) -> HeatingCurve:
        w = np.linspace(0, 1.4, 40)
        q = MOLECULE_G0 * G0_S * w**2 * 1e6 * (1 + 0.25 * w**2)
        s = 0.5 - part * w / 1.27
        error = 0.004 * q / q.max() if name == "Landauer" else np.full(q.size, np.nan)
        return HeatingCurve(
            name, w, q, q, s * q, (1 - s) * q, s * q * R_P * 1e-3, (1 - s) * q * R_P * 1e-3, error, error
        )

    sigma = np.full(v.size, 0.005)
    q_pos, q_neg = (
        share * total + 0.004 * rng.standard_normal(6),
        (1 - share) * total + 0.004 * rng.standard_normal(6),
    )
    points = PointsSnapshot(
        v, np.full(6, 90), total, total, q_pos, q_neg, 0.01 * total, 0.01 * total, sigma, sigma,
        q_pos * R_P * 1e-3, q_neg * R_P * 1e-3, sigma * R_P * 1e-3, sigma * R_P * 1e-3,
    )  # fmt: skip
    highest = 1.1 * total[-1]
    curves = (
        curve("Landauer", 0.095),
        curve("voltage probe", 0.07),
        curve("voltage-temperature probe", 0.045),
    )
    return HeatingSnapshot(
        tuple(series(x, 100 if x < 1.08 else n, i) for i, x in enumerate(v[:4])), points, PointsSnapshot(),
        np.array([0, highest]), np.array([0, highest / 2]), curves, "fitted to 64 junctions", 371, 363, 8,
        scale_relative=0.047, resistance_K_per_W=R_P,
    )  # fmt: skip


def transmission() -> TransmissionSnapshot:
    e = np.linspace(-1.4, 1.4, 601)
    tau = 0.0031 * 0.25 / ((e + 0.72) ** 2 + 0.008) + 2e-4 * np.exp(2 * e)
    return TransmissionSnapshot(
        e, tau, 0.8 * tau, 1.2 * tau, (-0.54, 0.54), 1.08, (-0.72,), MOLECULE_G0, 12.3,
        "one level, fitted to 64 junctions", False,
    )  # fmt: skip


def noise(seed: int = 7) -> NoiseSnapshot:
    rng = np.random.default_rng(seed)
    f = np.arange(1, 4001) * 0.25
    rough = np.sqrt(rng.gamma(20, 1 / 20, (2, f.size)))
    current, thermo = 2.6 * np.sqrt(1 + 3 / f) * rough[0], 4.1 * np.sqrt(1 + 0.6 / f) * rough[1]
    lines = []
    for i, height in enumerate((40, 3, 14, 2, 6), start=1):
        current[int(50 * i / 0.25) - 1] += 3 * height
        thermo[int(50 * i / 0.25) - 1] += height
        lines.append(SpectralLine(50.0 * i, height * 1e-9, "mains" if i == 1 else f"mains {i}"))
    thermo[int(12.25 / 0.25) - 1] += 25
    found = (SpectralLine(12.25, 12e-9, "modulation"), *lines)
    return NoiseSnapshot(f, current, thermo, tuple(lines), found, 58, 118.0)


def status(**changes: object) -> StatusSnapshot:
    usual = StatusSnapshot(
        state=State.HELD,
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
