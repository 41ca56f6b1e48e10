"""What a comparison of probes comes to, in sentences: the verdict, and what each fit leaves open."""

import numpy as np

from analysis.probes.fit import ProbeFit, refit
from analysis.probes.fit_comparison import DECISIVE, Candidate, Comparison
from analysis.probes.fit_coupling import Coupling
from analysis.probes.fit_family import Kind
from analysis.records import FloatArray

MODEL: dict[Kind, str] = {
    "none": "no probe",
    "voltage": "a voltage probe",
    "voltage-temperature": "a voltage-temperature probe",
}
_STRONG = 0.99
_STILL_LIKELY = 4.0
_NOTICED = 2.0  # standard deviations of a scale from 1


def verdict(found: Comparison) -> tuple[str, ...]:
    """Which model the data support and by how much, or why they cannot tell."""
    said = []
    if not found.describes:
        best = found.best.fit
        said.append(
            "None of the three models describes these data (the best, with "
            f"{MODEL[found.best.kind]}, leaves chi^2 = {best.chi_square:.4g} for {best.degrees_of_freedom} degrees of "
            "freedom): no verdict."
        )
    elif found.supported is not None:
        delta = found.delta_aicc
        second = min((k for k in delta if k != found.supported), key=lambda k: delta[k])
        said.append(
            f"These data support {MODEL[found.supported]}: {MODEL[second]}, the next best, is worse by "
            f"{delta[second]:.3g} in AICc (likelihood 1 : {_odds(delta[second])})."
        )
    else:
        said += _undecided(found)
    said += _excluded(found)
    if found.too_cautious:
        said.append(
            f"chi^2 = {found.best.fit.chi_square:.3g} for {found.best.fit.degrees_of_freedom} degrees of freedom: the "
            "uncertainties given are larger than the scatter, and the verdict more cautious than it need be."
        )
    said += [text for x in found.candidates if (text := _unsettled(x)) is not None]
    return (*said, *_couplings(found), *_spurious(found))


def _undecided(found: Comparison) -> list[str]:
    """Which models are left, and whether that is the data's fault or their nature's."""
    alive = found.alive
    said = [
        f"These data cannot tell {_listed([MODEL[k] for k in alive])} apart: "
        f"AICc differs by {found.delta_aicc[alive[-1]]:.2g}, and {DECISIVE:g} is asked for."
    ]
    for kind in alive if found.best.kind != "none" else ():
        if kind in found.expected:
            expected = found.expected[kind]
            if expected < DECISIVE:
                said.append(
                    f"Were {MODEL[found.best.kind]} true as fitted, {MODEL[kind]} could follow it to within the noise "
                    f"(chi^2 higher by {expected:.2g} on average): such data do not contain the answer."
                )
            else:
                said.append(
                    f"Were {MODEL[found.best.kind]} true as fitted, {MODEL[kind]} would be worse by "
                    f"chi^2 = {expected:.3g} on average: more of the same data would decide."
                )
    family = found.best.fit.problem.family
    if {"none", "voltage-temperature"} <= set(alive) and family.of("voltage-temperature").broadens:
        said.append(
            "A voltage-temperature probe on a single level does nothing but broaden it; with free widths of tip and "
            "substrate that is the same as no probe and less equal widths, whatever is measured of I and Q."
        )
    return said


def _excluded(found: Comparison) -> list[str]:
    gone = [k for k in found.delta_aicc if k not in found.alive]
    if not found.describes or found.supported is not None or not gone:
        return []
    each = [f"{MODEL[k]} (AICc higher by {found.delta_aicc[k]:.3g})" for k in gone]
    return [f"They exclude {_listed(each)}."]


def _unsettled(candidate: Candidate) -> str | None:
    if candidate.at_heats is not None:
        return None
    return f"As fitted, {MODEL[candidate.kind]} has no stationary state at some of these biases: {candidate.unsettled}."


def _couplings(found: Comparison) -> list[str]:
    said = []
    for x in found.candidates:
        width: Coupling | None = x.coupling
        if width is None:
            continue
        if width.consistent_with_none:
            bound = (
                f"gamma_floating_eV < {width.high_eV:.3g} eV (95 %)"
                if np.isfinite(width.high_eV)
                else "and its width has no upper limit within the bounds"
            )
            said.append(f"{_capital(MODEL[x.kind])} is not needed: {bound}.")
        elif x.kind in found.alive:
            high = f"{width.high_eV:.3g}" if np.isfinite(width.high_eV) else "no limit"
            said.append(
                f"With {MODEL[x.kind]}, gamma_floating_eV lies between {width.low_eV:.3g} and {high} eV "
                "(each end holds at 95 %)."
            )
    return said


def _spurious(found: Comparison) -> list[str]:
    """Heat that the voltage probe makes or loses, at the bias where it is largest against the noise."""
    circuit = found["voltage"].at_heats
    if circuit is None:
        return []
    heat, power = circuit.heat_floating_W.sum(axis=0), circuit.heat_total_W
    worst = int(np.argmax(np.abs(heat)))
    share = abs(heat[worst] / power[worst]) if power[worst] else np.nan
    verb = "swallows" if heat[worst] > 0 else "supplies"
    said = (
        f"The voltage probe as fitted {verb} {abs(heat[worst]) * 1e9:.3g} nW at {circuit.bias_V[worst]:g} V, "
        f"{100 * share:.2g} % of I V, that appear in no electrode"
    )
    if found.data.heat is not None:
        noise = abs(heat[worst]) / found.data.heat.sigma_W[worst]
        said += f": {noise:.2g} standard deviations of a measured heat"
        if noise <= _NOTICED:
            said += "; the choice of probe does not matter here"
        elif not _unneeded(found["voltage"]):
            said += "; the choice of probe matters here"
    return [said + "."]


def _unneeded(candidate: Candidate) -> bool:
    return candidate.coupling is not None and candidate.coupling.consistent_with_none


def remarks(candidate: Candidate) -> tuple[str, ...]:
    """What one fit leaves open."""
    fit = candidate.fit
    said = [f"{name} ended on its bound: its uncertainty is not to be trusted." for name in fit.at_bound]
    if not fit.converged:
        said.append("The search was stopped before it converged.")
    lost = [name for name, error in zip(fit.names, fit.errors, strict=True) if np.isinf(error)]
    if lost:
        said.append(f"These data do not fix {_listed(lost)} one by one, only combinations of them.")
    said += _correlated(fit)
    said += _exchange(fit)
    said += _scale(fit)
    for values, chi_square in fit.others:
        if chi_square - fit.chi_square < _STILL_LIKELY and not _is_exchange(fit, values):
            text = ", ".join(f"{n} = {v:.4g}" for n, v in zip(fit.names, values, strict=True))
            said.append(
                f"Another minimum is as likely (chi^2 higher by {chi_square - fit.chi_square:.2g}): {text}."
            )
    return tuple(said)


def _correlated(fit: ProbeFit) -> list[str]:
    correlation = fit.correlation
    pairs = zip(*np.triu_indices(len(fit.names), 1), strict=True)
    return [
        f"{fit.names[i]} and {fit.names[j]} are almost one parameter (correlation {correlation[i, j]:+.4f})."
        for i, j in pairs
        if abs(correlation[i, j]) > _STRONG
    ]


def _widths(fit: ProbeFit) -> list[int] | None:
    family = fit.problem.family
    pair = [family.index_of(x) for x in ("gamma_probe_eV", "gamma_substrate_eV")]
    found = [i for i in pair if i is not None]
    return found if len(set(found)) == 2 else None


def _exchanged(fit: ProbeFit, values: FloatArray) -> FloatArray | None:
    pair = _widths(fit)
    if pair is None:
        return None
    other = values.copy()
    other[pair] = values[pair[::-1]]
    return other


def _exchange(fit: ProbeFit) -> list[str]:
    """Whether tip and substrate can change places."""
    other = _exchanged(fit, fit.values)
    if other is None or np.allclose(other, fit.values, rtol=0.02):
        return []
    try:
        there = refit(fit.problem, other)
    except ValueError:
        return []
    pair = _widths(fit)
    if np.diff(fit.values[pair]) * np.diff(there.values[pair]) > 0:
        return ["Tip and substrate cannot change their widths: from there the search comes back."]
    worse = there.chi_square - fit.chi_square
    if worse < _STILL_LIKELY:
        return [f"The widths of tip and substrate can be exchanged (chi^2 higher by {max(worse, 0.0):.2g})."]
    return [
        f"With the widths of tip and substrate exchanged chi^2 is higher by {worse:.3g}: the data tell which is which."
    ]


def _is_exchange(fit: ProbeFit, values: FloatArray) -> bool:
    other = _exchanged(fit, fit.values)
    return other is not None and np.allclose(values, other, rtol=0.02)


def _scale(fit: ProbeFit) -> list[str]:
    heat = fit.problem.data.heat
    if heat is None or not fit.problem.data.scaled:
        return []
    pull = (fit.value("scale") - 1) / heat.scale_sigma
    if abs(pull) < _NOTICED:
        return []
    return [
        f"The scale of the heats is pulled to {fit.value('scale'):.4f}, {abs(pull):.2g} standard deviations of its "
        "calibration from 1."
    ]


def _odds(delta: float) -> str:
    return f"{np.exp(0.5 * delta):.3g}" if delta < 1000 else "more than 1e200"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
