"""Exponent of flicker noise over junctions, and dwell times of telegraph noise."""

from collections.abc import Iterator

import numpy as np

from analysis.junction_noise.exponent import flicker_exponent
from analysis.junction_noise.flicker import NoiseWindows
from analysis.junction_noise.telegraph import find_telegraph
from tests.support.physics.held_noise import RATE_Hz, flicker_hold, telegraph_hold
from tests.validation.study import Table, share

EXPONENT = 1.4
BETWEEN, WITHIN, WINDOWS = 0.3, 0.15, 5
FLICKER = (
    (8, 0.0, 0.0),
    (20, 0.0, 0.0),
    (100, 0.0, 0.0),
    (20, 0.25, 0.0),
    (100, 0.25, 0.0),
    (100, 0.0, 0.05),
)
"""Junctions, amplifier's share of the median noise power, and share of outliers (a decade up)."""

TAU_s = (5e-3, 2e-3)
TELEGRAPH = ((3.5, 1.0), (5.0, 1.0), (8.0, 0.3))
"""Separation of the levels in standard deviations, and length of the hold in s."""


def drawn(rng: np.random.Generator, junctions: int, floor_share: float, outliers: float) -> NoiseWindows:
    """Return windows of junctions with a residual between and within them; the floor scatters by a tenth."""
    log_g = np.repeat(rng.uniform(-4.0, -2.5, junctions), WINDOWS)
    between = BETWEEN * rng.standard_normal(junctions) + (rng.random(junctions) < outliers)
    residual = np.repeat(between, WINDOWS) + WITHIN * rng.standard_normal(log_g.size)
    power = 10.0 ** (EXPONENT * log_g - 4.5 + residual)
    floor = floor_share * float(np.median(power))
    measured = power + floor * (1.0 + 0.1 * rng.standard_normal(power.size))
    junction = np.repeat(np.arange(junctions), WINDOWS)
    return NoiseWindows(junction, 10.0**log_g, measured, np.full(power.size, floor or np.nan))


def exponents(
    rng: np.random.Generator, junctions: int, floor_share: float, outliers: float, sets: int
) -> tuple[list[float], list[bool], list[bool]]:
    """Return the exponents, and whether the 68 % and the 95 % interval hold the truth."""
    values, in_68, in_95 = [], [], []
    for _ in range(sets):
        found = flicker_exponent(drawn(rng, junctions, floor_share, outliers), rng, 300)
        values.append(found.value)
        in_68.append(found.interval_68[0] < EXPONENT < found.interval_68[1])
        in_95.append(found.interval_95[0] < EXPONENT < found.interval_95[1])
    return values, in_68, in_95


def dwells(
    rng: np.random.Generator, sigmas: float, seconds: float, sets: int
) -> tuple[list[str], list[float], list[bool]]:
    """Return the verdicts, the longer dwell times in ms, and whether the 68 % intervals of both hold the truth."""
    verdicts, times, held = [], [], []
    for _ in range(sets):
        found = find_telegraph(telegraph_hold(rng, seconds, TAU_s, sigmas), RATE_Hz)
        verdicts.append(found.verdict)
        if found.verdict == "two states":
            times.append(1e3 * found.dwell[0].tau_s)
            held += [d.interval_68[0] < t < d.interval_68[1] for d, t in zip(found.dwell, TAU_s, strict=True)]
    return verdicts, times, held


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield a table of exponents and one of dwell times."""
    rows = []
    for junctions, floor_share, outliers in FLICKER:
        values, in_68, in_95 = exponents(rng, junctions, floor_share, outliers, sets)
        case = f"{junctions} junctions"
        case += f", amplifier {floor_share:.0%} of the median" if floor_share else ""
        case += f", {outliers:.0%} outliers of a decade" if outliers else ""
        mean = f"{np.mean(values):.3f} ({1000 * np.std(values) / np.sqrt(sets):.0f})"
        rows.append((case, mean, f"{np.std(values):.3f}", share(in_68), share(in_95)))
    yield Table(
        "flicker",
        f"Exponent {EXPONENT}, {WINDOWS} windows a junction, residual {BETWEEN:g} decades between junctions and "
        f"{WITHIN:g} within, 1.5 decades of conductance; {sets} sets a line.",
        ("junctions", "mean exponent", "SD", "68 % interval holds", "95 % interval holds"),
        tuple(rows),
    )
    rows = []
    few = max(sets // 4, 4)
    for sigmas, seconds in TELEGRAPH:
        verdicts, times, held = dwells(rng, sigmas, seconds, few)
        told = share([verdict == "two states" for verdict in verdicts])
        case = f"{sigmas:g} standard deviations, {seconds:g} s"
        mean = f"{np.mean(times):.2f} ({100 * np.std(times) / np.sqrt(len(times)):.0f})" if times else "-"
        rows.append((case, told, mean, share(held) if held else "-"))
    alone = []
    for _ in range(few):
        hold = flicker_hold(rng, 1.0, 1e-4, 0.5)
        alone.append(find_telegraph(hold, RATE_Hz).verdict == "two states")
    rows.append(("flicker noise alone, 0.5 s", share(alone), "-", "-"))
    yield Table(
        "telegraph",
        f"Dwell times of 5 and 2 ms at 10,000 samples/s; {few} holds a line.",
        ("hold", "two states seen", "mean of 5 ms (ms)", "68 % intervals hold"),
        tuple(rows),
    )
