"""Sections of a report on statistics over records: one for each statistic, with its pictures and tables."""

from functools import partial

from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.statistic_figures import statistic_figure
from app.report.statistic_tables import statistic_tables


def statistic_sections(measurement: Measurement) -> list[ReportSection]:
    """Return one section for each statistic of the measurement."""
    sections = []
    for result in measurement.statistics.values():
        figures = [
            embedded_figure(partial(statistic_figure, picture), f"{picture.title}.")
            for picture in result.pictures
        ]
        sections.append(
            ReportSection(result.title, text=result.remarks, figures=figures, tables=statistic_tables(result))
        )
    return sections


PART = ReportPart(statistic_sections)
