"""Criteria A1 to A13 of the experiments on heated junctions: the parts of each, and its verdicts on what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.acceptance import by_tests, conductance, joint, small_heats, thermopower
from tests.acceptance.found import WITHIN, Found, Verdict, covered, derived, quantity

uV, PW = 1e-6, 1e-12
MOST_CPU_S = 2 * 180.0
"""Three minutes on two cores."""

MOST_ANALYSIS_S = 5.0
ONE_QUANTUM_300_K = 567.86e-12
JOINED = 4
"""Kinds of measurement in the joint fit: I-V, heat, thermopower, thermal conductance."""

Results = Mapping[str, Sequence[Found]]
"""What was found, by criterion."""


@dataclass(frozen=True)
class Criterion:
    """Parts of a criterion, and what measures one of them with a seed and a size."""

    name: str
    parts: tuple[str, ...]
    measure: Callable[[str, str, int, float], Found]
    once: bool = False
    """True for tests, which have no seed."""


CRITERIA = {
    one.name: one
    for one in (
        Criterion("A1", ("BDA", "BDNC"), thermopower.molecules),
        Criterion("A2", ("gold", "dummy heater"), thermopower.vanishing),
        Criterion("A3", ("gold, 2w",), conductance.ruptures),
        Criterion("A4", ("gold, dc", "molecule, 2w"), conductance.ruptures),
        Criterion("A6", ("molecule at 100 mV, dc", "molecule at 100 mV, 2w"), conductance.ruptures),
        Criterion("A7", ("R_P = 1e6 K/W", "offset of 0.3 mV"), small_heats.peltier),
        Criterion("A8", ("tip of 2013",), small_heats.peltier),
        Criterion("A9", ("gold",), small_heats.temperatures),
        Criterion("A10", thermopower.AC_PARTS, thermopower.alternating),
        Criterion("joint", ("BDA",), joint.one_transmission),
        Criterion("opening", ("gold",), conductance.opening),
        Criterion("gap", ("gold",), conductance.gap_widened),
        Criterion("film", ("BDA",), small_heats.film_pressed),
        Criterion("A11", ("reference values",), by_tests.passed, once=True),
        Criterion("A12", ("faults",), by_tests.passed, once=True),
    )
}
"""A5 is judged with what A3 and A4 measure, A13 with what A1, A3 and A4 do."""


def verdicts(results: Results) -> list[Verdict]:
    """Return the verdicts on all that was found."""
    lines: list[Verdict] = []
    for judge in (
        _a1,
        _a2,
        _a3,
        _a4,
        _a5,
        _a6,
        _a7,
        _a8,
        _a9,
        _a10,
        _a11,
        _a12,
        _a13,
        _joint,
        _opening,
        _controls,
    ):
        lines += judge(results)
    return lines


def _of(results: Results, criterion: str, part: str = "") -> list[Found]:
    return [one for one in results.get(criterion, ()) if part in ("", one.part)]


def _least_sigma(found: Sequence[Found], most: float, unit: str, scale: float) -> tuple[str, bool]:
    """Return the largest quoted error; it must be so large only with all junctions of the criterion."""
    largest = max(one.sigma for one in found)
    allowed = most / np.sqrt(min(one.size for one in found))
    return f"largest error {scale * largest:.3g} {unit}", bool(largest <= allowed)


def _a1(results: Results) -> list[Verdict]:
    found = _of(results, "A1")
    if not found:
        return []

    def also(good: Sequence[Found]) -> tuple[str, bool]:
        said, fine = _least_sigma(good, 0.8 * uV, "uV/K", 1e6)
        rms = float(np.sqrt(np.mean([one.pull**2 for one in good])))
        signs = all(np.sign(one.value) == np.sign(one.true) for one in good)
        right = 0.7 < rms < 1.3 or len(good) < 10
        return f"{said}; signs {'right' if signs else 'WRONG'}", fine and signs and right

    wanted = "error <= 0.8 uV/K; rms pull 0.7 to 1.3; signs"
    lines = [covered("A1", "thermopower, BDA and BDNC", found, "uV/K", 1e6, wanted, also)]
    return [
        *lines,
        covered("A1", "intercept after the contact's offset", derived(found, "intercept"), "uV", 1e6),
    ]


def _a2(results: Results) -> list[Verdict]:
    lines = [
        covered("A2", f"{part}: no slope", found, "uV/K", 1e6)
        for part in ("gold", "dummy heater")
        if (found := _of(results, "A2", part))
    ]
    for name, what in (("polarity", "reversed heater: no difference"), ("dT = 0", "dT = 0: no voltage")):
        if found := derived(_of(results, "A1"), name):
            lines.append(covered("A2", what, found, "uV", 1e6))
    return lines


def _a3(results: Results) -> list[Verdict]:
    found = _of(results, "A3")
    if not found:
        return []

    def also(good: Sequence[Found]) -> tuple[str, bool]:
        said, fine = _least_sigma(good, 0.09, "", 1.0)
        off = float(np.mean([one.value - one.true for one in good]))
        error = float(np.sqrt(np.mean([one.sigma**2 for one in good]) / len(good)))
        quantum = np.mean(list(quantity(good, "one G0").values()))
        near = abs(off) < max(0.03, WITHIN * error)
        shown = f"T L0 G0 = {quantum / PW:.1f} pW/K ({ONE_QUANTUM_300_K / PW:.1f} at 300 K)"
        return f"{said}; mean off by {off:+.3f} +- {error:.3f}; {shown}", bool(fine and near)

    return [covered("A3", "gold, 2w: L/L0", found, "", 1.0, "error <= 0.09; mean within 0.03", also)]


def _a4(results: Results) -> list[Verdict]:
    lines = []
    steady, alternating = _of(results, "A4", "gold, dc"), {one.seed: one for one in _of(results, "A3")}
    if steady:
        lines.append(covered("A4", "gold, dc: L/L0", steady, "", 1.0))
        both = [
            Found(
                "A4", "", one.seed, one.size, one.value, other.value, float(np.hypot(one.sigma, other.sigma))
            )
            for one in steady
            if (other := alternating.get(one.seed)) is not None and not one.said and not other.said
        ]
        if both:
            lines.append(covered("A4", "dc against 2w", both, "", 1.0))
    if molecule := _of(results, "A4", "molecule, 2w"):

        def also(good: Sequence[Found]) -> tuple[str, bool]:
            said, fine = _least_sigma(good, 2.5 * PW, "pW/K", 1e12)
            ratio = float(np.mean([one.more["spread"] for one in good])) / float(
                np.mean([one.more["true_spread"] for one in good])
            )
            few = min(one.size for one in good) < 1.0
            return f"{said}; spread / told {ratio:.2f}", fine and (few or 0.7 < ratio < 1.3)

        wanted = "error <= 2.5 pW/K; spread within 30 %"
        lines.append(covered("A4", "molecule, 1e6 K/W: G_th", molecule, "pW/K", 1e12, wanted, also))
    return lines


def _a5(results: Results) -> list[Verdict]:
    found = [one for one in (*_of(results, "A3"), *_of(results, "A4")) if "sham" in one.more]
    if not found:
        return []
    shams = derived(found, "sham")
    steps = sum(one.more["shams"] for one in found)
    chi2 = sum(one.more["sham_chi2"] * one.more["shams"] for one in found) / steps
    loose = max(0.15, 4.0 * float(np.sqrt(2.0 / steps)))
    changed = int(sum(one.more["changed"] for one in found))

    def also(_: Sequence[Found]) -> tuple[str, bool]:
        return f"{steps:.0f} steps with chi2 {chi2:.2f}", abs(chi2 - 1.0) < loose

    return [
        covered("A5", "sham ruptures", shams, "pW/K", 1e12, "chi2 0.85 to 1.15", also),
        Verdict(
            "A5", "noise for the thermometer", "changes no exclusion", f"{changed} changed", changed == 0
        ),
    ]


def _a6(results: Results) -> list[Verdict]:
    lines = []
    if steady := _of(results, "A6", "molecule at 100 mV, dc"):

        def also(good: Sequence[Found]) -> tuple[str, bool]:
            low = [one.more["uncorrected"] for one in good]
            warned = all(one.more["said"] for one in good)
            said = f"uncorrected {np.mean(low) / PW:.0f} pW/K, {'warned' if warned else 'NO warning'}"
            return said, bool(np.mean(low) < 0.0 and warned)

        wanted = "without correction negative, and a warning"
        lines.append(covered("A6", "BDNC at 100 mV, dc: G_th", steady, "pW/K", 1e12, wanted, also))
    if alternating := _of(results, "A6", "molecule at 100 mV, 2w"):
        lines.append(covered("A6", "the same, 2w, uncorrected", alternating, "pW/K", 1e12))
    return lines


def _a7(results: Results) -> list[Verdict]:
    first, offset = (_of(results, "A7", part) for part in CRITERIA["A7"].parts)
    lines = []
    if first:

        def also(good: Sequence[Found]) -> tuple[str, bool]:
            largest = max(abs(one.sigma / one.true) for one in good)
            return f"largest error {100 * largest:.0f} %", largest < 0.12 / np.sqrt(
                min(one.size for one in good)
            )

        lines.append(covered("A7", "peltier, 1e6 K/W: Pi", first, "mV", 1e3, "error <= 12 %", also))
        if ratios := derived(first, "kelvin", 1.0):
            lines.append(covered("A7", "Pi / (S T)", ratios, "", 1.0))
    beside = {one.seed: one for one in first if not one.said}
    shifts = [
        one.value / one.true - beside[one.seed].value / beside[one.seed].true
        for one in offset
        if not one.said and one.seed in beside
    ]
    if shifts:
        mean = float(np.mean(shifts))
        error = float(np.std(shifts, ddof=1) / np.sqrt(len(shifts))) if len(shifts) > 1 else float("nan")
        small = abs(mean) < 0.01 or abs(mean) < WITHIN * error
        found = f"{100 * mean:+.2f} +- {100 * error:.2f} %"
        cpu_s = sum(one.cpu_s for one in offset)
        lines.append(Verdict("A7", "offset of 0.3 mV", "changes Pi by < 1 %", found, small, cpu_s=cpu_s))
    return lines


def _a8(results: Results) -> list[Verdict]:
    found = _of(results, "A8")
    if not found:
        return []

    def also(good: Sequence[Found]) -> tuple[str, bool]:
        refused = all(one.more["refused"] for one in good)
        cools = sum(one.more["cools"] for one in good)
        said = f"check {'refuses with hours' if refused else 'does NOT refuse'}; cools {cools:.0f} times"
        return said, refused and cools <= 0.1 * len(good)

    wanted = "refused by check; does not cool"
    return [covered("A8", "peltier, tip of 2013: Pi", found, "mV", 1e3, wanted, also)]


def _a9(results: Results) -> list[Verdict]:
    found = _of(results, "A9")
    if not found:
        return []

    def also(good: Sequence[Found]) -> tuple[str, bool]:
        said, fine = _least_sigma(good, 2.0, "K", 1.0)
        fano = not any(one.more["fano"] for one in good)
        return f"{said}; fano {'null with a reason' if fano else 'GIVEN'}", fine and fano

    lines = [covered("A9", "contacts at dT = 30 K", found, "K", 1.0, "error <= 2 K; fano null", also)]
    if cold := derived(found, "300 K", 300.0):
        lines.append(covered("A9", "contacts at dT = 0 K", cold, "K", 1.0))
    return lines


def _a10(results: Results) -> list[Verdict]:
    whole, half = (_of(results, "A10", part) for part in CRITERIA["A10"].parts)
    lines = []
    if whole:
        lines.append(covered("A10", "beside 8 mV rms: S", whole, "uV/K", 1e6))
        if peaks := derived(whole, "peak"):
            lines.append(covered("A10", "ln of G / that of openings at constant bias", peaks, "", 1.0))
    if half:
        lines.append(covered("A10", "half amplitude: S", half, "uV/K", 1e6))
    return lines


def _counted(results: Results, criterion: str, what: str, wanted: str) -> list[Verdict]:
    return [
        Verdict(criterion, what, wanted, one.said or f"{one.value:.0f} of {one.true:.0f}", one.value == one.true,
                cpu_s=one.cpu_s)
        for one in _of(results, criterion)
    ]  # fmt: skip


def _a11(results: Results) -> list[Verdict]:
    return _counted(results, "A11", "reference values", "all within their tolerance")


def _a12(results: Results) -> list[Verdict]:
    return _counted(results, "A12", "faults", "in words; heater 0 V, bias 0 V, tip back; recording readable")


def _a13(results: Results) -> list[Verdict]:
    lines = []
    if first := [one for one in _of(results, "A1") if not one.said and one.size >= 1.0]:
        longest = max(one.cpu_s for one in first)
        found = f"at most {longest:.0f} s of a processor"
        lines.append(Verdict("A13", "A1 for one seed", "3 min on 2 cores", found, longest <= MOST_CPU_S))
    conductances = [one for one in (*_of(results, "A3"), *_of(results, "A4")) if "analysis_s" in one.more]
    if whole := [one for one in conductances if one.size >= 1.0]:
        slowest = max(one.more["analysis_s"] / one.more["ruptures"] for one in whole) * 300
        lines.append(
            Verdict("A13", "analysis of 300 ruptures", "< 5 s", f"{slowest:.1f} s", slowest < MOST_ANALYSIS_S)
        )
    if conductances:
        updates = [one.more["updates"] for one in conductances if np.isfinite(one.more["updates"])]
        share = min(updates, default=float("nan"))
        lines.append(
            Verdict("A13", "aligned average, live", "grows with each rupture", f"{share:.0%}", share == 1.0)
        )
    return lines


def _joint(results: Results) -> list[Verdict]:
    found = _of(results, "joint")
    if not found:
        return []

    def also(good: Sequence[Found]) -> tuple[str, bool]:
        least = min(one.more["measurements"] for one in good)
        said = f"{least:.0f} kinds of measurement, at most {max(one.more['largest_disagreement'] for one in good):.1f}"
        return f"{said} sigma from the others", bool(
            least >= JOINED and all(one.more["sections"] >= 3 for one in good)
        )

    wanted = "I-V, heat, S and G_th in one fit and one report"
    return [covered("joint", "BDA: level of one transmission", found, "eV", 1.0, wanted, also)]


def _opening(results: Results) -> list[Verdict]:
    found = _of(results, "opening")
    lines = [covered("opening", "gold, whole openings: L/L0", found, "", 1.0)] if found else []
    if off := derived(found, "heater off"):
        lines.append(covered("opening", "openings with the heater off", off, "", 1.0))
    return lines


def _controls(results: Results) -> list[Verdict]:
    lines = []
    if gaps := _of(results, "gap"):
        lines.append(covered("gap", "gap widened from 1 to 2 nm: heat", gaps, "pW/K", 1e12))
    if films := _of(results, "film"):
        lines.append(covered("film", "film pressed harder: Pi does not change", films, "mV", 1e3))
    return lines
