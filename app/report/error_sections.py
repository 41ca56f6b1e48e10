"""Section of a report on errors: those that procedures expected before the run, and those that were reached."""

from app.offline.expected_errors import ErrorComparison
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection
from app.report.table import Table

NOTE = (
    "Expected: stated by the procedure before the run, from its settings, the rig and its noise. Reached: statistical "
    "error of the result. Errors of calibrations are in neither."
)


def error_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement whose procedures expected an error."""
    if not measurement.errors:
        return []
    sentences = [one.sentence for one in measurement.errors if one.sentence]
    return [
        ReportSection(
            "Expected and reached errors", text=sentences, tables=[errors_table(measurement.errors)]
        )
    ]


def errors_table(errors: tuple[ErrorComparison, ...]) -> Table:
    """Return both errors of each result, and how many junctions were planned and used."""
    rows = [
        (
            one.quantity,
            _shown(one, one.expected),
            _shown(one, one.reached),
            f"{one.ratio:.2g}",
            f"{one.planned} {one.repeats}",
            str(one.used),
        )
        for one in errors
    ]
    return Table(
        ("error of the", "expected", "reached", "reached/expected", "planned", "used"),
        rows,
        words=(0,),
        look=[i for i, one in enumerate(errors) if one.far],
        note=NOTE if rows else "",
    )


def _shown(one: ErrorComparison, sigma: float) -> str:
    return f"{float(f'{one.scale * sigma:.2g}'):g} {one.unit}".strip()


PART = ReportPart(error_sections)
