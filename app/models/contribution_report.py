"""Report of the contributions of measurements to a joint fit, as JSON and as sentences."""

from typing import Any

import click

from analysis.fitting.contributions import contributions
from analysis.fitting.diagnostics import listed
from analysis.fitting.families import Family
from analysis.fitting.result import FitResult
from analysis.numbers import counted

_NOTICED = 1.1
"""Growth of an error from which on a measurement is said to add something."""

DISAGREES = 3.0
"""Standard deviations from which on a measurement is said to contradict the others."""


def contributions_report(result: FitResult[Family]) -> list[dict[str, Any]]:
    """Return the contribution of each measurement; an infinite growth of an error is null."""
    return [
        {
            "measurement": x.name,
            "values": x.values,
            "chi_square": x.chi_square,
            "disagreement_sigmas": x.significance,
            "error_growth_without": {
                name: growth if growth < float("inf") else None
                for name, growth in zip(result.names, x.growth.tolist(), strict=True)
                if name != "scale"
            },
            "only_one_to_tell_sign": x.tells_sign,
        }
        for x in contributions(result)
    ]


def print_contributions(report: list[dict[str, Any]]) -> None:
    """Print a line for each measurement of a joint fit."""
    if not report:
        return
    click.echo("  each measurement against the others (to first order):")
    for x in report:
        click.echo(f"    {x['measurement']} ({counted(x['values'], 'value')}): {agreement(x)}; {worth(x)}")


def agreement(x: dict[str, Any]) -> str:
    """Return whether a measurement agrees with the others."""
    sigmas = x["disagreement_sigmas"]
    if sigmas is None:
        return "the others do not predict it"
    if sigmas > DISAGREES:
        return f"contradicts the others ({sigmas:.1f} sigma)"
    return f"agrees with the others ({sigmas + 0.0:.1f} sigma)"  # never -0.0


def worth(x: dict[str, Any]) -> str:
    """Return what the fit would lack without a measurement."""
    growth: dict[str, float | None] = x["error_growth_without"]
    parts = []
    if lost := [name for name, factor in growth.items() if factor is None]:
        parts.append(f"{listed(lost)} not determined")
    grown = [(name, factor) for name, factor in growth.items() if factor is not None and factor >= _NOTICED]
    if grown:
        parts.append(listed([f"{name} {factor:.2g} times as uncertain" for name, factor in grown]))
    if x["only_one_to_tell_sign"]:
        parts.append("the sign of the level open")
    return f"without it {'; '.join(parts)}" if parts else "adds little"
