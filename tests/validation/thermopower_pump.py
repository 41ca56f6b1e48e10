"""Thermopower beside a pump: holds that it shakes, from samples to S, its spread, and the warning."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.constants import G0_S
from analysis.records import FloatArray
from analysis.thermoelectric.hold_line import HoldRules
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_hold import MeasuredHold, measured
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.thermopower_summary import placed, summarise
from tests.validation.study import Table, share

RATE_Hz, MODULATION_Hz, AMPLITUDE_V = 2000.0, 12.25, 0.01
SEEBECK = 16.3e-6
CONDUCTANCE_S, CONDUCTANCE_SPREAD = 0.005 * G0_S, 0.15
WHITE_A_per_rtHz, FLICKER, MAINS_A = 2.7e-13, 0.02, 2e-11
S, SPREAD = 12e-6, 6e-6
DIFFERENCES_K = (0.0, 10.0, 20.0)


@dataclass(frozen=True)
class Pump:
    """Relative amplitude by which a pump shakes the conductance, its distance from a multiple of f, and which one."""

    shaking: float = 0.0
    multiple: int = 2
    off_Hz: float = 0.3

    @property
    def frequency_Hz(self) -> float:
        """Frequency of the pump."""
        return self.multiple * MODULATION_Hz + self.off_Hz


@dataclass(frozen=True)
class Case:
    """A campaign: its junctions at each difference, the pump, the length of its holds, the tails of the molecules."""

    junctions: int = 30
    pump: Pump = Pump()
    seconds: float = 0.5
    tails: bool = False


def shaken_hold(rng: np.random.Generator, case: Case) -> ThermopowerHold:
    """Return a hold without heat, with white noise, 1/f noise of the conductance, mains and the pump."""
    n = round(case.seconds * RATE_Hz)
    time_s = np.arange(n) / RATE_Hz
    bias_V = AMPLITUDE_V * np.array([1.0, 0.0, -1.0])[(time_s * 3.0 * MODULATION_Hz).astype(int) % 3]
    pump = case.pump.shaking * np.sin(2.0 * np.pi * (case.pump.frequency_Hz * time_s + rng.random()))
    G = CONDUCTANCE_S * np.exp(CONDUCTANCE_SPREAD * rng.standard_normal()) * (1.0 + flicker(rng, n) + pump)
    mains_A = MAINS_A * np.sin(2.0 * np.pi * ((50.0 + 0.02 * rng.standard_normal()) * time_s + rng.random()))
    white_A = WHITE_A_per_rtHz * np.sqrt(RATE_Hz / 2.0) * rng.standard_normal(n)
    return ThermopowerHold(
        number=0, samples=(0, n), rate_Hz=RATE_Hz, bias_V=bias_V, current_A=G * bias_V + mains_A + white_A,
        thermocouple_V=np.zeros(n), railed=np.zeros(n, dtype=bool), contact_V=np.empty(0), contact_A=np.empty(0),
        before_G0=0.005, after_G0=0.005, window_G0=(0.001, 0.02), kind="whole", control="", difference_K=0.0,
    )  # fmt: skip


def flicker(rng: np.random.Generator, n: int) -> FloatArray:
    """Return noise of the density 1/f, with the standard deviation of the conductance."""
    spectrum = np.fft.rfft(rng.standard_normal(4 * n))
    spectrum[0], spectrum[1:] = 0.0, spectrum[1:] / np.sqrt(np.arange(1.0, len(spectrum)))
    noise = np.fft.irfft(spectrum, 4 * n)[:n]
    return np.asarray(FLICKER * noise / noise.std())


def campaign(rng: np.random.Generator, case: Case) -> ThermopowerAnalysis:
    """Return the result of junctions that a pump shakes."""
    rules, holds = HoldRules(0.003), []
    for number in range(case.junctions):
        for dT_K in DIFFERENCES_K:
            theta_K = float(reduced_difference_K(300.0 + dT_K, 300.0))
            deviate = rng.standard_t(3) / np.sqrt(3.0) if case.tails else rng.standard_normal()
            alone: MeasuredHold = measured(shaken_hold(rng, case), rules)
            fit = replace(
                alone.fit, open_circuit_V=alone.fit.open_circuit_V + (S + SPREAD * deviate) * theta_K
            )
            holds.append(
                replace(
                    alone, fit=fit, sample=1000 * number, difference_K=dT_K, thermocouple_V=-SEEBECK * dT_K
                )
            )
    return summarise(placed(holds, SEEBECK), 0.0, rng)


@dataclass(frozen=True)
class Outcomes:
    """Pulls of S and of the squared spread, factor of the errors, and whether a warning came; shape (campaigns,)."""

    slope: FloatArray
    spread: FloatArray
    scale: FloatArray
    warned: FloatArray


def outcomes(rng: np.random.Generator, case: Case, campaigns: int, multiples: tuple[int, ...]) -> Outcomes:
    """Draw campaigns, each with a pump within half a hertz of one of the multiples of the modulation."""
    rows = []
    for _ in range(campaigns):
        pump = replace(
            case.pump, multiple=int(rng.choice(multiples)), off_Hz=float(rng.choice([-1, 1]) * rng.uniform(0.1, 0.5))
        )  # fmt: skip
        result = campaign(rng, replace(case, pump=pump))
        line, spread, zero = result.line, result.spread, result.zero
        assert line is not None and spread is not None and zero is not None
        rows.append(
            (
                (line.slope - S) / line.sigma_slope,
                (spread.variance_V2_per_K2 - SPREAD**2) / spread.sigma_V2_per_K2,
                zero.error_scale,
                float(any("a pump" in warning for warning in result.warnings)),
            )
        )
    return Outcomes(*np.array(rows).T)


CASES = (
    (Case(), (2,)),
    (Case(tails=True), (2,)),
    (Case(seconds=1.0 / 3.0), (2,)),
    (Case(pump=Pump(0.02)), (1, 2)),
    (Case(pump=Pump(0.05)), (1, 2)),
    (Case(pump=Pump(0.05), seconds=1.0 / 3.0), (1, 2)),
    (Case(pump=Pump(0.05)), (4, 8)),
)


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of S and its spread beside a pump."""
    rows = []
    for case, multiples in CASES:
        found = outcomes(rng, case, sets, multiples)
        rows.append(
            [
                f"{100 * case.pump.shaking:g} %" if case.pump.shaking else "none",
                ", ".join(f"{k}f" for k in multiples) if case.pump.shaking else "",
                f"{case.seconds:.2f}",
                "Student's t, 3" if case.tails else "Gaussian",
                share(np.abs(found.slope) < 1.0),
                share(np.abs(found.slope) < 2.0),
                share(np.abs(found.spread) < 1.0),
                share(np.abs(found.spread) < 2.0),
                f"{np.median(found.scale):.2g}",
                share(found.warned > 0.0),
            ]
        )
    junctions = CASES[0][0].junctions
    yield Table(
        "thermopower beside a pump",
        f"{sets} campaigns a line of {junctions} junctions at each of 0, 10 and 20 K, from samples on; a pump "
        "shakes the conductance, 0.1 to 0.5 Hz from a multiple of f. S = 12, spread 6 uV/K.",
        (
            "shaking", "beside", "hold (s)", "junctions scatter as", "S within 1 sigma", "S within 2 sigma",
            "spread within 1 sigma", "spread within 2 sigma", "errors multiplied by", "warned",
        ),
        rows,
    )  # fmt: skip
