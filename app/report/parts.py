"""Registry of the parts of a report: each contributes sections, and numbers and warnings for the head of the page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analysis.registry import Registry
from app.offline.measurement import Measurement
from app.report.section import ReportSection


def _nothing(_: Measurement) -> Sequence[tuple[str, str]]:
    return ()


def _no_warning(_: Measurement) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class ReportPart:
    """Parts of a report, one for each kind of result; a function returns nothing for a measurement without it.

    Parameters
    ----------
    sections : callable
        Return the sections of a measurement.
    numbers : callable
        Return the main numbers, each with what it is.
    warnings : callable
        Return sentences that a reader must know first.
    """

    sections: Callable[[Measurement], Sequence[ReportSection]]
    numbers: Callable[[Measurement], Sequence[tuple[str, str]]] = _nothing
    warnings: Callable[[Measurement], Sequence[str]] = _no_warning


PARTS: Registry[ReportPart] = Registry(
    "part of a report",
    {
        "heating": ("app.report.heating_sections:PART", "heat in the tip, controls, noise, calibrations"),
        "thermal conductance": (
            "app.report.thermal_conductance_sections:PART",
            "thermal conductance at rupture, its controls",
        ),
        "thermal opening": (
            "app.report.opening_sections:PART",
            "thermal conductance of contacts while they open",
        ),
        "thermopower": ("app.report.thermopower_sections:PART", "thermopower, its controls"),
        "ac": ("app.report.ac_sections:PART", "conductance and thermopower beside an alternating bias"),
        "peltier": (
            "app.report.peltier_sections:PART",
            "Peltier coefficient, odd and even heat, its controls",
        ),
        "noise": ("app.report.noise_sections:PART", "temperature of contacts from their noise"),
        "joint fit": (
            "app.report.joint_sections:PART",
            "one transmission for all measurements, what each adds",
        ),
        "errors": ("app.report.error_sections:PART", "errors expected before the run, and reached"),
        "traces": ("app.report.trace_sections:PART", "traces, histograms, peaks"),
        "statistics": ("app.report.statistic_sections:PART", "statistics over traces, holds and sweeps"),
    },
)


def register(name: str, part: ReportPart) -> None:
    """Add a part, after the others. Raises ``NameTaken`` if another one has this name."""
    PARTS.register(name, part)


def report_parts() -> Iterator[ReportPart]:
    """Yield every part in the order of the page."""
    return (PARTS[name] for name in PARTS)
