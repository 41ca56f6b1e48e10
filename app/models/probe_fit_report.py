"""Report of a fit that compares probes, as JSON and as a table."""

from typing import Any

import click
import numpy as np

from analysis.buettiker.fit_comparison import CircuitFit, FittedModel, ProbeComparison
from analysis.buettiker.fit_report import MODEL, remarks, verdict
from analysis.fitting.contributions import chi_square_by_kind
from analysis.records import FloatArray
from app.models.contribution_report import contributions_report, print_contributions
from app.models.fields import digits
from app.models.fit_report import finite, fitted


def comparison_report(
    found: ProbeComparison, sources: list[str], independent: float | None = None
) -> dict[str, Any]:
    """Return the report; undefined numbers are null.

    ``independent`` tells how many independent values the mean curve of several junctions was weighed as.

    ``supported`` names the model that the data single out ("none", "voltage", "voltage-temperature"), or is null.
    """
    delta_aicc, delta_bic, weights = found.delta_aicc, found.delta_bic, found.weights
    return {
        "data": sources,
        "points": found.data.size,
        "independent_currents": independent,
        "verdict": [*verdict(found), *_weight_of_currents(found, independent)],
        "supported": found.supported,
        "alive": list(found.alive),
        "describes_data": found.describes,
        "contributions": contributions_report(found.best.fit),
        "expected_chi_square": {kind: digits(x) for kind, x in found.expected.items()},
        "models": {
            x.kind: {
                "parameters": _parameters(x.fit),
                **fitted(x.fit),
                "chi_square_by_measurement": chi_square_by_kind(x.fit.problem, x.fit.residual),
                "aicc": digits(x.aicc),
                "delta_aicc": digits(delta_aicc[x.kind]),
                "bic": digits(x.bic),
                "delta_bic": digits(delta_bic[x.kind]),
                "akaike_weight": digits(weights[x.kind]),
                **_probe(x),
                "remarks": list(remarks(x)),
            }
            for x in found.candidates
        },
    }


def _weight_of_currents(found: ProbeComparison, independent: float | None) -> list[str]:
    if independent is None:
        return []
    return [
        f"The points of one I-V curve move together: the mean curve at {found.data.n_current} voltages was weighed "
        f"like {independent:.2g} independent values, by the error of the mean over the junctions."
    ]


def _parameters(fit: CircuitFit) -> dict[str, Any]:
    """Return values with standard errors: these stay of the right size for a width that is consistent with zero."""
    errors = map(finite, fit.error.standard)
    rows = zip(fit.names, fit.values.tolist(), errors, strict=True)
    return {name: {"value": value, "error": error} for name, value, error in rows}


def _probe(candidate: FittedModel) -> dict[str, Any]:
    """Return the interval of the width, and the probe at each bias of the heats."""
    if candidate.kind == "none":
        return {}
    width, circuit = candidate.coupling, candidate.at_heats
    found: dict[str, Any] = {
        "gamma_floating_95_eV": None
        if width is None
        else {
            "low": width.low_eV,
            "high": digits(width.high_eV),
            "consistent_with_none": width.consistent_with_none,
        },
        "unsettled": candidate.unsettled or None,
    }
    if circuit is not None:
        found["at_bias"] = [
            {
                "voltage_V": float(V),
                "power_W": digits(float(power)),
                "heat_floating_W": _rounded(heat),
                "temperature_floating_K": _rounded(T),
                "entropy_production_W_per_K": digits(float(entropy)),
            }
            for V, power, heat, T, entropy in zip(
                circuit.bias_V,
                circuit.heat_total_W,
                circuit.heat_floating_W.T,
                circuit.temperature_floating_K.T,
                circuit.entropy_production_W_per_K,
                strict=True,
            )
        ]
    return found


def _rounded(values: FloatArray) -> list[float | None]:
    return [digits(float(x)) for x in values]


def print_comparison(report: dict[str, Any]) -> None:
    """Print the verdict, a table of the three fits, the heat of a voltage probe, and remarks."""
    click.echo(f"{', '.join(report['data'])}: {report['points']} values")
    for sentence in report["verdict"]:
        click.echo(f"  {sentence}")
    models: dict[str, Any] = report["models"]
    names = list(dict.fromkeys(name for x in models.values() for name in x["parameters"]))
    click.echo(f"\n{'':20}" + "".join(f"{kind:>26}" for kind in models))
    for name in names:
        click.echo(
            f"{name:20}" + "".join(f"{_number(x['parameters'].get(name)):>26}" for x in models.values())
        )
    kinds = list(next(iter(models.values()))["chi_square_by_measurement"])
    for name in kinds if len(kinds) > 1 else ():
        each = (x["chi_square_by_measurement"][name] for x in models.values())
        click.echo(f"{f'chi^2 of {name}':34}" + "".join(f"{x:>26.5g}" for x in each)[14:])
    for label, key in (("chi^2", "chi_square"), ("degrees of freedom", "degrees_of_freedom")):
        click.echo(f"{label:20}" + "".join(f"{x[key]:>26.5g}" for x in models.values()))
    for label, key in (("AICc - lowest", "delta_aicc"), ("BIC - lowest", "delta_bic")):
        click.echo(f"{label:20}" + "".join(f"{_plain(x[key]):>26}" for x in models.values()))
    print_contributions(report["contributions"])
    _print_spurious(models)
    for kind, x in models.items():
        for remark in x["remarks"]:
            click.echo(f"  {MODEL[kind]}: {remark}")


def _print_spurious(models: dict[str, Any]) -> None:
    voltage, thermal = (models[k].get("at_bias") or [] for k in ("voltage", "voltage-temperature"))
    if not voltage:
        return
    click.echo("\n   bias V      I V nW   lost in VP nW   entropy VP nW/K   entropy VTP nW/K   VTP at K")
    for number, row in enumerate(voltage):
        other = thermal[number] if thermal else None
        lost = sum(x or 0.0 for x in row["heat_floating_W"])
        click.echo(
            f"{row['voltage_V']:9.4g}{1e9 * (row['power_W'] or np.nan):12.4g}{1e9 * lost:16.4g}"
            f"{1e9 * row['entropy_production_W_per_K']:18.4g}"
            + (f"{1e9 * other['entropy_production_W_per_K']:19.4g}{_hottest(other):>11}" if other else "")
        )


def _hottest(row: dict[str, Any]) -> str:
    known = [x for x in row["temperature_floating_K"] if x is not None]
    return f"{max(known):.4g}" if known else "-"


def _number(parameter: dict[str, Any] | None) -> str:
    if parameter is None:
        return "-"
    error = "not fixed" if parameter["error"] is None else f"± {parameter['error']:.2g}"
    return f"{parameter['value']:.5g} {error}"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
