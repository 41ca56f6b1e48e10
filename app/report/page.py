"""The report: one self-contained HTML page."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from analysis.numbers import TIMES, power
from analysis.shared_files import write_file
from app.offline.measurement import Measurement
from app.report.parts import report_parts
from app.report.setting_rows import settings_of


def report_html(measurement: Measurement) -> str:
    """Return the page as text."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["typeset"] = typeset
    template = environment.from_string(
        files("app").joinpath("templates/report.html.j2").read_text(encoding="utf-8")
    )
    parts = list(report_parts())
    return template.render(
        title=heading_of(measurement),
        subtitle=subtitle_of(measurement),
        warnings=[*(x for part in parts for x in part.warnings(measurement)), *measurement.warnings],
        numbers=[x for part in parts for x in part.numbers(measurement)],
        sections=[x for part in parts for x in part.sections(measurement)],
        recordings=[(_named(measurement, i), settings_of(p.header)) for i, p in enumerate(measurement.parts)],
        json=json.dumps(_without_junctions(measurement.to_json()), indent=1),
    )


def write_report(measurement: Measurement, out: Path) -> None:
    """Write the page; a failed attempt leaves no file ``out``."""
    write_file(out, report_html(measurement))


def _power(found: re.Match[str]) -> str:
    mantissa = found[1]
    return f"{'' if mantissa == '1' else mantissa + TIMES}{power(int(found[2]))}"


_TYPESET: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"(?<![\w.-])(\d(?:\.\d+)?)e([+-]\d{2,3})\b(?!-)", _power),
    (r"dT(?=\(| |_|/)", "ΔT"),
    (r"\(-\)", "(−)"),
    (r"(?<![\w)(<])-(?=\d)|(?<=[ (])-(?=\d)|(?<= )-(?= )", "−"),
    (r"\+-(?!0)", "±"),
    (r"(?<=[\d ])sigma\b", "σ"),
    (r"\b([A-Z])_(Total|TC|[A-Z])\b", r"\1<sub>\2</sub>"),
    (r"\b([GL])0\b", r"\1<sub>0</sub>"),
    (r"\bn_eff\b", "n<sub>eff</sub>"),
    (r"\bG_th\b", "G<sub>th</sub>"),
    (r"(?<= )u(?=[VKsAW]\b)", "µ"),
    (r"\bchi(?:2|\^2)(?!\w)", "χ²"),
    (r"\bPi\b", "Π"),
    (r"\btau\^2", "τ²"),
    (r"\bs\^2", "s²"),
    (r"\b2w\b", "2ω"),
)


def typeset(text: str) -> Markup:
    """Return text of the terminal with typographic signs: dT(-) +- becomes ΔT(−) ±."""
    safe = str(escape(text))
    for pattern, sign in _TYPESET:
        safe = re.sub(pattern, sign, safe)
    return Markup(safe)  # what was not markup has been escaped


def heading_of(measurement: Measurement) -> str:
    """Return the heading: the sample, or the title or name of the first recording."""
    first = measurement.parts[0]
    return measurement.sample or first.header.title or first.path.name


def subtitle_of(measurement: Measurement) -> str:
    """Return the line below the heading: number and days of the recordings, or title, start and name of one."""
    if len(measurement.parts) > 1:
        first, last = measurement.parts[0].header.started, measurement.parts[-1].header.started
        days = " to ".join(dict.fromkeys(x[:10] for x in (first, last) if x))
        return f"{len(measurement.parts)} recordings" + (f" · {days}" if days else "")
    part = measurement.parts[0]
    started = part.header.started[:16].replace("T", " ")
    return " · ".join(x for x in (part.header.title, started, part.path.name) if x)


def _named(measurement: Measurement, i: int) -> str:
    """Return a heading for the settings of a recording; "" if it is the only one."""
    part = measurement.parts[i]
    return f"{part.path.name}: {part.header.procedure}" if len(measurement.parts) > 1 else ""


def _without_junctions(content: dict[str, Any]) -> dict[str, Any]:
    """Return the result without the list of single junctions, which `hotjunction analyze --json` gives."""
    if "heating" not in content:
        return content
    return {**content, "heating": {k: v for k, v in content["heating"].items() if k != "junctions"}}
