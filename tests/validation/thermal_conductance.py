"""Thermal conductance at rupture: do its errors hold the truth?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.constants import G0_S
from analysis.heating.mask import Filters
from analysis.heating.thermometer import Thermometer
from analysis.records import FloatArray
from analysis.thermoelectric.network import ThermalNetwork
from analysis.thermoelectric.rupture import MeasuredRupture, measured
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.rupture_reader import RuptureRules
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_run import ThermalConductanceRun, summarise
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from tests.validation.study import Table, share

PW = 1e-12
RATE_Hz, THERMAL_Hz, BIAS_Hz = 2000.0, 212.25, 12.25
SEEBECK, WHITE_V2_per_Hz, CORNER_Hz = 16.3e-6, (0.61e-3 * 16.3e-6) ** 2, 3.24
FILTERS = Filters(lowpass_Hz=1000.0, rise_time_s=3e-4)


@dataclass(frozen=True)
class Case:
    """Junctions of a toy world: heater, tip, conductances, bias, times of holds and afterwards, share of the noise."""

    mode: str = "2w"
    G_G0: float = 1.0
    G_th_W_per_K: float | None = None
    spread: float = 0.0
    phonons: float = 0.05
    bias_V: float = 5e-3
    both_polarities: bool = True
    resistance_K_per_W: float = 72_800.0
    lifetime_s: float = 2.7
    linger_s: float = 1.0
    drift_K_per_rts: float = 0.0
    noise: float = 1.0
    pump_V: float = 0.0
    pump_off_Hz: float = 0.4


def noise_V(rng: np.random.Generator, n: int) -> FloatArray:
    """Return samples of the thermocouple's noise, white (1 + corner/f)."""
    spectrum = np.fft.rfft(rng.standard_normal(2 * n))
    f_Hz = np.fft.rfftfreq(2 * n, 1.0 / RATE_Hz)
    f_Hz[0] = f_Hz[1]
    spectrum *= np.sqrt(0.5 * RATE_Hz * WHITE_V2_per_Hz * (1.0 + CORNER_Hz / f_Hz))
    return np.asarray(np.fft.irfft(spectrum, 2 * n)[:n])


def hold(rng: np.random.Generator, case: Case, number: int, heated: bool) -> tuple[RuptureHold, float]:
    """Return one hold of the toy world, and its true thermal conductance."""
    before = round((0.3 + rng.exponential(case.lifetime_s)) * RATE_Hz)
    n = before + round(case.linger_s * RATE_Hz)
    time_s, closed = np.arange(n) / RATE_Hz, np.arange(n) < before
    G_S = case.G_G0 * G0_S * 10 ** (0.03 * rng.standard_normal())
    mean_K = 315.0
    true = (
        electron_W_per_K(G_S, mean_K) * (1.0 + case.phonons)
        if case.G_th_W_per_K is None
        else case.G_th_W_per_K * (1.0 + case.spread * rng.standard_normal())
    )
    sign = np.sign(np.sin(2 * np.pi * BIAS_Hz * (time_s + 1e-9))) if case.both_polarities else np.ones(n)
    bias_V = case.bias_V * sign
    current_A = np.where(closed, G_S * bias_V, 0.0) + 1e-11 * rng.standard_normal(n)
    rise_K = np.zeros(n)
    if heated:
        shape = 1.0 - np.cos(2 * np.pi * THERMAL_Hz * time_s) if case.mode == "2w" else 2.0 * np.ones(n)
        rise_K = 15.0 * shape
    heater_W = rise_K / case.resistance_K_per_W
    network = ThermalNetwork(case.resistance_K_per_W, 0.0, 0.0, 1.0)
    leak = network.tip_rise_K(true) / network.tip_rise_K(0.0)
    tip_K = rise_K * np.where(closed, leak, 1.0)
    tip_K += case.resistance_K_per_W * np.where(closed, 0.5 * G_S * bias_V**2, 0.0)
    tip_K += case.drift_K_per_rts * np.cumsum(rng.standard_normal(n)) / np.sqrt(RATE_Hz)
    window_G0 = (0.7 * case.G_G0, 1.4 * case.G_G0)
    turn = rng.random() if case.pump_V else 0.0
    pump_V = case.pump_V * np.sin(2 * np.pi * ((THERMAL_Hz + case.pump_off_Hz) * time_s + turn))
    zero = np.zeros(n)
    made = RuptureHold(
        number, (number * 10**6, number * 10**6 + n), RATE_Hz, bias_V, current_A,
        pump_V - SEEBECK * tip_K + case.noise * noise_V(rng, n), heater_W, zero, zero, np.zeros(n, bool), 0.0,
        window_G0,        "ruptured", "", case.mode, heated, THERMAL_Hz if case.mode == "2w" else np.nan,
    )  # fmt: skip
    return made, true


def holds(rng: np.random.Generator, case: Case, ruptures: int) -> Iterator[tuple[RuptureHold, float]]:
    """Yield the holds of a campaign: every fifth with the heater off if it is steady, else every twentieth."""
    every = 5 if case.mode == "dc" else 20
    for number in range(ruptures + ruptures // (every - 1)):
        yield hold(rng, case, number, number % every != 0)


def campaign(rng: np.random.Generator, case: Case, ruptures: int) -> tuple[ThermalConductanceAnalysis, float]:
    """Return the result of a campaign of the toy world, and the mean true thermal conductance."""
    rules = RuptureRules(SEEBECK, FILTERS, 50.0)
    seen: list[MeasuredRupture] = []
    true = []
    for made, value in holds(rng, case, ruptures):
        seen.append(measured(made, rules, rng))
        if made.heated:
            true.append(value)
    run = ThermalConductanceRun("toy", tuple(seen), Thermometer(case.resistance_K_per_W, SEEBECK))
    return summarise([run], rng), float(np.mean(true))


CASES = {
    "gold, 2w": (Case(), 100),
    "gold, dc": (Case(mode="dc", linger_s=2.0, lifetime_s=5.0), 100),
    "molecule, 2w, 1e6 K/W": (
        Case(G_G0=5.1e-4, G_th_W_per_K=20e-12, spread=0.35, bias_V=0.02, resistance_K_per_W=1e6), 100,
    ),
    "molecule, dc, 100 mV, 1e6 K/W": (
        Case("dc", 2e-3, 20e-12, 0.35, 0.0, 0.1, False, 1e6, 5.0, 2.0), 100,
    ),
}  # fmt: skip


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of the mean by bootstrap, chi2 of sham ruptures; whole campaigns are `tests.acceptance`."""
    rows = []
    for name, (case, ruptures) in CASES.items():
        pulls, errors, shams, values = [], [], [], []
        for _ in range(max(5, sets // 20)):
            result, true = campaign(rng, case, ruptures)
            pulls.append((result.conductance.value - true) / result.conductance.sigma)
            errors.append(result.conductance.sigma / true)
            values.append(result.conductance.value / true)
            if result.sham is not None:
                shams.append(result.sham.reduced_chi2)
        rows.append(
            [
                name,
                str(ruptures),
                share(np.abs(pulls) < 2.0),
                f"{np.sqrt(np.mean(np.square(pulls))):.2f}",
                f"{np.mean(values):.3f}",
                f"{100 * np.mean(errors):.1f}",
                f"{np.mean(shams):.2f}",
            ]
        )
    yield Table(
        "conductance",
        f"{max(5, sets // 20)} campaigns a line in a world of numbers: 30 K, noise of the tip of 2013 in volts.",
        ("junctions", "ruptures", "within 2 sigma", "rms pull", "mean of result/truth", "error (%)", "chi2 of shams"),
        rows,
    )  # fmt: skip
