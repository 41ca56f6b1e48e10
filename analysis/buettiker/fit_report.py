"""Result of a comparison of probes in sentences: the verdict, and the ambiguities of each fit."""

import numpy as np

from analysis.buettiker.fit_comparison import DECISIVE, CircuitFit, FittedModel, ProbeComparison
from analysis.buettiker.fit_coupling import CouplingInterval
from analysis.fitting.diagnostics import listed, remarks_on
from analysis.fitting.least_squares import refit

MODEL: dict[str, str] = {
    "none": "no probe",
    "voltage": "a voltage probe",
    "voltage-temperature": "a voltage-temperature probe",
}
_STILL_LIKELY = 4.0
_NOTICED = 2.0  # standard deviations of a scale from 1


def verdict(comparison: ProbeComparison) -> tuple[str, ...]:
    """Return the model that the data support and by how much, or why they do not decide."""
    sentences, best = [], comparison.best.fit
    if not comparison.describes:
        sentences.append(
            f"None of the three models describes these data (the best, with {MODEL[comparison.best.kind]}, has "
            f"chi^2 = {best.chi_square:.4g} for {best.degrees_of_freedom} degrees of freedom): no verdict."
        )
    elif comparison.supported is not None:
        delta = comparison.delta_aicc
        second = min((k for k in delta if k != comparison.supported), key=lambda k: delta[k])
        sentences.append(
            f"These data support {MODEL[comparison.supported]}: {MODEL[second]}, the next best, is worse by "
            f"{delta[second]:.3g} in AICc (likelihood 1 : {_odds(delta[second])})."
        )
    else:
        sentences += _undecided(comparison)
    sentences += _excluded(comparison)
    if comparison.too_cautious:
        sentences.append(
            f"chi^2 = {best.chi_square:.3g} for {best.degrees_of_freedom} degrees of freedom: the uncertainties given "
            "are larger than the scatter, and the verdict is more cautious than necessary."
        )
    sentences += [text for x in comparison.candidates if (text := _unsettled(x)) is not None]
    return (*sentences, *_couplings(comparison), *_spurious(comparison))


def _undecided(comparison: ProbeComparison) -> list[str]:
    """Return the models that remain, and whether the data or the models themselves prevent a decision."""
    alive = comparison.alive
    sentences = [
        f"These data cannot distinguish {listed([MODEL[k] for k in alive])}: "
        f"AICc differs by {comparison.delta_aicc[alive[-1]]:.2g}, and a decision needs {DECISIVE:g}."
    ]
    for kind in alive if comparison.best.kind != "none" else ():
        if kind in comparison.expected:
            expected = comparison.expected[kind]
            if expected < DECISIVE:
                sentences.append(
                    f"If {MODEL[comparison.best.kind]} is true as fitted, {MODEL[kind]} can follow it to within the "
                    f"noise (chi^2 higher by {expected:.2g} on average): data of this kind do not contain the answer."
                )
            else:
                sentences.append(
                    f"If {MODEL[comparison.best.kind]} is true as fitted, {MODEL[kind]} is worse by "
                    f"chi^2 = {expected:.3g} on average: more data of this kind would decide."
                )
    family = comparison.best.fit.problem.family.junctions
    if {"none", "voltage-temperature"} <= set(alive) and family.of("voltage-temperature").broadens:
        sentences.append(
            "A voltage-temperature probe on a single level only broadens it; with free widths of tip and substrate "
            "this is the same as no probe and less equal widths, for any measurement of I and Q."
        )
    return sentences


def _excluded(comparison: ProbeComparison) -> list[str]:
    gone = [k for k in comparison.delta_aicc if k not in comparison.alive]
    if not comparison.describes or comparison.supported is not None or not gone:
        return []
    each = [f"{MODEL[k]} (AICc higher by {comparison.delta_aicc[k]:.3g})" for k in gone]
    return [f"They exclude {listed(each)}."]


def _unsettled(candidate: FittedModel) -> str | None:
    if candidate.at_heats is not None:
        return None
    return f"As fitted, {MODEL[candidate.kind]} has no stationary state at some of these biases: {candidate.unsettled}."


def _couplings(comparison: ProbeComparison) -> list[str]:
    sentences = []
    for x in comparison.candidates:
        width: CouplingInterval | None = x.coupling
        if width is None:
            continue
        if width.consistent_with_none:
            bound = (
                f"gamma_floating_eV < {width.high_eV:.3g} eV (95 %)"
                if np.isfinite(width.high_eV)
                else "and its width has no upper limit within the bounds"
            )
            sentences.append(f"{_capital(MODEL[x.kind])} is not needed: {bound}.")
        elif x.kind in comparison.alive:
            high = f"{width.high_eV:.3g}" if np.isfinite(width.high_eV) else "no limit"
            sentences.append(
                f"With {MODEL[x.kind]}, gamma_floating_eV lies between {width.low_eV:.3g} and {high} eV "
                "(each end at 95 %)."
            )
    return sentences


def _spurious(comparison: ProbeComparison) -> list[str]:
    """Return the spurious heat of the voltage probe, at the bias where it is largest against the noise."""
    circuit = comparison["voltage"].at_heats
    if circuit is None:
        return []
    heat, power = circuit.heat_floating_W.sum(axis=0), circuit.heat_total_W
    worst = int(np.argmax(np.abs(heat)))
    share = abs(heat[worst] / power[worst]) if power[worst] else np.nan
    verb = "absorbs" if heat[worst] > 0 else "supplies"
    sentence = (
        f"The voltage probe as fitted {verb} {abs(heat[worst]) * 1e9:.3g} nW at {circuit.bias_V[worst]:g} V, "
        f"{100 * share:.2g} % of I V, which appears in no electrode"
    )
    if comparison.data.heating is not None:
        noise = abs(heat[worst]) / comparison.data.heating.sigma_W[worst]
        sentence += f": {noise:.2g} standard deviations of a measured heat"
        if noise <= _NOTICED:
            sentence += "; the choice of probe does not matter here"
        elif not _unneeded(comparison["voltage"]):
            sentence += "; the choice of probe matters here"
    return [sentence + "."]


def _unneeded(candidate: FittedModel) -> bool:
    return candidate.coupling is not None and candidate.coupling.consistent_with_none


def remarks(candidate: FittedModel) -> tuple[str, ...]:
    """Return remarks on the ambiguities of one fit."""
    fit = candidate.fit
    unfinished = () if fit.converged else ("The search stopped before it converged.",)
    return remarks_on(
        fit.problem, fit.values, fit.error, fit.chi_square, fit.others, unfinished, _exchange(fit)
    )


def _exchange(fit: CircuitFit) -> list[str]:
    """Return a remark on exchanging tip and substrate."""
    junctions = fit.problem.family.junctions
    other = junctions.exchanged(fit.values)
    if other is None or np.allclose(other, fit.values, rtol=0.02):
        return []
    try:
        exchanged = refit(fit.problem, other)
    except ValueError:
        return []
    before, after = (np.diff(junctions.fields(x)[1:3]) for x in (fit.values, exchanged.values))
    if before * after > 0:
        return [
            "The widths of tip and substrate cannot be exchanged: the search returns to the original ones."
        ]
    worse = exchanged.chi_square - fit.chi_square
    if worse < _STILL_LIKELY:
        return [f"The widths of tip and substrate can be exchanged (chi^2 higher by {max(worse, 0.0):.2g})."]
    return [
        f"With the widths of tip and substrate exchanged chi^2 is higher by {worse:.3g}: the data tell them apart."
    ]


def _odds(delta: float) -> str:
    return f"{np.exp(0.5 * delta):.3g}" if delta < 1000 else "more than 1e200"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
