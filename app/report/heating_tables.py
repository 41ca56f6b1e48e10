"""Tables of the numbers of a heating measurement."""

from collections.abc import Iterator, Sequence
from math import isfinite

from analysis.heating.comparison import HeatingComparison
from analysis.heating.heating import HeatingAnalysis
from analysis.heating.points import HeatingPoint
from analysis.heating.to_json import exclusion_counts
from analysis.heating.verdict import Verdict
from analysis.numbers import rounded, significant, with_error
from analysis.recording import Calibration
from app.report.table import Table

mK, nW = 1e-3, 1e-9


def points_table(points: Sequence[HeatingPoint]) -> Table:
    """Return temperature rises and powers of each amplitude."""
    marked = _marked(points)
    rows = []
    for point in points:
        sigma_q = [point.covariance[i, i] ** 0.5 for i in (2, 3)]
        R_P = point.thermometer.resistance_K_per_W
        rows.append(
            (
                _amplitude(point, marked),
                str(point.junctions),
                f"{point.kept_s:.0f}",
                with_error(point.dT_pos_K / mK, point.sigma_pos_K / mK),
                with_error(point.dT_neg_K / mK, point.sigma_neg_K / mK),
                with_error(point.q_total_pos_W / nW, sigma_q[0] / nW),
                with_error(point.q_total_neg_W / nW, sigma_q[1] / nW),
                with_error(point.q_probe_pos_W / nW, point.sigma_pos_K / R_P / nW),
                with_error(point.q_probe_neg_W / nW, point.sigma_neg_K / R_P / nW),
            )
        )
    headings = ("V_M (V)", "junctions", "time (s)", "dT(+) (mK)", "dT(-) (mK)")
    powers = ("Q_Total(+) (nW)", "Q_Total(-) (nW)", "Q_P(+) (nW)", "Q_P(-) (nW)")
    alone = [f"{p.amplitude_V:g} V" for p in points if p.errors_from == "noise"]
    note = (
        "Errors are statistical, from the scatter of the junctions. "
        "The scale error of the thermometer is common to all and not in them."
    )
    if alone:
        note += (
            f" At {', '.join(alone)} there are too few junctions for that: noise of the thermometer alone."
        )
    return Table((*headings, *powers), rows, note=note)


def asymmetry_table(points: Sequence[HeatingPoint], theory: HeatingComparison | None) -> Table:
    """Return the hotter polarity, the difference and its significance, for each amplitude."""
    marked = _marked(points)
    rows = []
    for i, p in enumerate(points):
        hotter = "negative" if p.asymmetry_K > 0.0 else "positive"
        rows.append(
            (
                _amplitude(p, marked),
                with_error(p.asymmetry_K / mK, p.asymmetry_sigma_K / mK),
                f"{p.asymmetry_noise_K / mK:.2g}",
                p.asymmetry.words(),
                hotter if p.asymmetry.seen else "not seen",
                with_error(p.contrast, p.contrast_sigma),
                with_error(p.closure, p.closure_sigma),
                *(
                    (with_error(theory.asymmetry_K[i] / mK, theory.asymmetry_sigma_K[i] / mK),)
                    if theory
                    else ()
                ),
            )
        )
    headings = ("V_M (V)", "dT(-) - dT(+) (mK)", "noise alone (mK)", "significance", "hotter bias")
    theirs = ("theory (mK)",) if theory else ()
    remarks = "".join(f" {remark}" for p in points for remark in _remarks(p, marked))
    return Table(
        (*headings, "contrast", "closure", *theirs),
        rows,
        words=(3, 4),
        note="Both temperature rises share the level of zero bias as their baseline; their correlation is in the "
        "errors. Contrast: (Q_P(+) - Q_P(-))/(Q_P(+) + Q_P(-)), free of the scale error. Closure: "
        "(dT(+) + dT(-))/(R_P Q_Total), which is 1 for junctions that are symmetric on average. Significance: p, the "
        "chance of so large a difference were there none, by Student's t with the effective number of junctions; the "
        "sigma beside it is what a normal distribution has at this p." + remarks,
    )


def _remarks(point: HeatingPoint, marked: bool) -> Iterator[str]:
    """Yield warnings about few junctions, uneven weights and outliers."""
    sure, at = point.asymmetry, f"At {_amplitude(point, marked)} V"
    if len(point.single_rises_K):
        singles = ", ".join(f"{(neg - pos) / mK:.3g}" for pos, neg in point.single_rises_K)
        yield f"{at} there are few junctions; their differences are {singles} mK."
    elif sure.effective_number < 0.5 * sure.junctions:
        yield f"{at} the {sure.junctions} junctions, weighted by their times, count as {sure.effective_number:.1f}."
    if sure.heavy_tails:
        low, high = sure.interval95()
        yield (
            f"{at} the differences are skewed ({sure.skewness:.1f}): p and the 95 % interval, {low / mK:.3g} to "
            f"{high / mK:.3g} mK, are the wider of Student's t and a bootstrap-t ({sure.widening:.2f} times Student's)."
        )


def controls_table(controls: Sequence[Verdict]) -> Table:
    """Return the controls with their dates and results."""
    rows = [(v.name, v.date or "-", result_of(v), v.sentence) for v in controls]
    look = [i for i, v in enumerate(controls) if v.done and v.passed is not True]
    return Table(("control", "done", "result", "numbers"), rows, words=(0, 1, 2, 3), look=look)


def result_of(verdict: Verdict) -> str:
    """Return the result of a control in a word or two."""
    if not verdict.done:
        return "not done"
    return {True: "passed", False: "FAILED", None: "cannot tell"}[verdict.passed]


def exclusions_table(analysis: HeatingAnalysis) -> Table:
    """Return the exclusions by reason."""
    counts = exclusion_counts(analysis.holds)
    rows = [(reason, str(n["periods"]), str(n["holds"])) for reason, n in counts["periods_excluded"].items()]
    rows += [(f"hold not used: {reason}", "-", str(n)) for reason, n in counts["holds_rejected"].items()]
    note = (
        f"{counts['holds_used']} of {counts['holds']} holds are used, with {counts['periods_used']} periods; "
        "holds of controls are among them. Periods are judged by the current alone; those after the start of each "
        "modulation are left out whatever it is."
    )
    return Table(("left out because", "periods", "holds"), rows, words=(0,), note=note)


_WEIGHTS_NOTE = (
    "The result weighs junctions by their time. Weights by noise and scatter, 1/(tau^2 + s^2) with the variance tau^2 "
    "between junctions (DerSimonian and Laird), are nearly equal where junctions differ by more than their noise."
)
OTHER_WEIGHTS = ("inverse_variance", "random_effects", "unweighted")
"""Other weights of the junctions, in the order of the columns."""


def without_exclusions_table(analysis: HeatingAnalysis) -> Table:
    """Return the result with and without exclusions, and with other weights."""
    lenient = {(p.amplitude_V, p.frequency_Hz, p.thermometer): p for p in analysis.points_without_exclusions}
    marked = _marked(analysis.points)
    rows = []
    for point in analysis.points:
        other = lenient.get((point.amplitude_V, point.frequency_Hz, point.thermometer))
        for sign, i in (("+", 0), ("-", 1)):
            sigma = (point.sigma_pos_K, point.sigma_neg_K)[i]
            means = [point.other_means[n][i] for n in OTHER_WEIGHTS if n in point.other_means]
            cells = [rounded(m / mK, sigma / mK) for m in means]
            all_in = "not known"
            if other is not None:
                all_in = with_error(other.mean[i] / mK, (other.sigma_pos_K, other.sigma_neg_K)[i] / mK)
            rows.append(
                (
                    _amplitude(point, marked),
                    f"dT({sign})",
                    with_error(point.mean[i] / mK, sigma / mK),
                    all_in,
                    *(cells or ("-",) * len(OTHER_WEIGHTS)),
                )
            )
    headings = (
        "V_M (V)",
        "",
        "result (mK)",
        "nothing excluded (mK)",
        "inverse variance (mK)",
        "noise and scatter (mK)",
        "unweighted (mK)",
    )
    return Table(headings, rows, words=(1,), note=_WEIGHTS_NOTE)


def budget_table(analysis: HeatingAnalysis) -> Table:
    """Return the error of a temperature rise: expected from the spectrum, from residuals, reached."""
    rows = [
        (
            f"{b.amplitude_V:g}",
            f"{b.duration_s:.0f}",
            *(f"{x / mK:.3f}" for x in (b.expected_K, b.noise_K, b.reached_K)),
            f"{b.ratio:.2f}",
            *(f"{x / mK:.3f}" for x in b.at(500.0)),
        )
        for b in analysis.budget
    ]
    headings = (
        "V_M (V)",
        "time (s)",
        "expected (mK)",
        "residuals (mK)",
        "junctions (mK)",
        "reached/expected",
    )
    return Table(
        (*headings, "expected, 500 s (mK)", "reached, 500 s (mK)"),
        rows,
        note="Expected: from the spectrum of the thermometer. Residuals: from what the fits of the holds leave. "
        "Junctions: from their scatter, which is larger where junctions differ."
        + (f" {analysis.bypass.words()}" if analysis.bypass else ""),
    )


_UNITS = {"m/V": ("nm/V", 1e-9), "V/K": ("uV/K", 1e-6), "s": ("us", 1e-6)}
"""Units in which calibrations are read more easily than in SI."""


def _calibrated(calibration: Calibration) -> str:
    unit, in_SI = _UNITS.get(calibration.unit, (calibration.unit, 1.0))
    value = calibration.value / in_SI
    if calibration.uncertainty is None:
        return f"{significant(value)} {unit}"
    return f"{rounded(value, calibration.uncertainty / in_SI)} {unit}"


def calibrations_table(analysis: HeatingAnalysis, used: Sequence[tuple[str, Calibration]]) -> Table:
    """Return the calibrations that convert volts to temperatures and powers."""
    rows = []
    for name, c in used:
        relative = "not known" if c.uncertainty is None else f"{100 * c.uncertainty / abs(c.value):.2g} %"
        rows.append(
            (
                name.replace("_", " "),
                _calibrated(c),
                relative,
                (c.date or "-")[:10],
                c.source or "-",
            )
        )
    scale = analysis.scale_relative
    note = "The scale error of temperatures held against powers is not known."
    if isfinite(scale):
        note = (
            f"Scale error of thermal resistance and thermopower together: {100 * scale:.2f} %, common to all points, "
            "apart from the statistical errors, and absent from ratios of temperature rises."
        )
    return Table(("calibration", "value", "uncertainty", "date", "source"), rows, words=(0, 3, 4), note=note)


def _marked(points: Sequence[HeatingPoint]) -> bool:
    return len({(p.frequency_Hz, p.thermometer) for p in points if isfinite(p.frequency_Hz)}) > 1


def _amplitude(point: HeatingPoint, marked: bool) -> str:
    """Return the amplitude, with the frequency if amplitudes alone are ambiguous."""
    return f"{point.amplitude_V:g}" + (f", {point.frequency_Hz:g} Hz" if marked else "")
