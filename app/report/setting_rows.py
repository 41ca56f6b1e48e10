"""Settings of a recording as rows of a report: labels of the form, words in place of names, units."""

import re
from collections.abc import Mapping
from typing import Any

from analysis.numbers import TIMES, minus, power, with_error
from analysis.recording import RunHeader
from app.offline.commissioning import COMMISSIONING, commissioning_of
from procedures.registry import PROCEDURES

INSIDE = " › "
"""Between a group of settings and one of them."""
_SIGNS = {"ohm": "Ω", "G0": "G₀", "percent": "%", "decades": "decades"}
_UNIT = r"(?:[fpnumkMG]?(?:V|A|W|K|s|m|F|C|Hz)|[kMG]?ohm|G0|percent|decades)\d?"
_KEY = re.compile(rf"(?P<name>.+?)(?<!_per)_(?P<unit>{_UNIT}(?:_per_{_UNIT}|_per_sqrt_{_UNIT})*)")
_ACRONYMS = {"daq": "DAQ", "id": "identifier", "ai": "input", "ao": "output"}


def settings_of(header: RunHeader) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a recording's header says, as (heading, rows of name and value)."""
    calibrations = {
        name: (_text(c.value) if c.uncertainty is None else with_error(c.value, c.uncertainty))
        + f" {c.unit}"
        + (f" ({c.date or c.source})" if c.date or c.source else "")
        for name, c in header.calibrations.items()
    }
    versions = {**header.versions, "seed": header.seed, "sources": ", ".join(header.sources)}
    groups = [
        ("Procedure", _parameters(header)),
        ("Commissioning of the rig", _rows({"commissioned by": commissioning_of(header.settings)})),
        ("Settings", _rows({name: one for name, one in header.settings.items() if name != COMMISSIONING})),
        ("Calibrations", _rows(calibrations)),
        ("Rig", _rows(header.rig)),
        ("Versions", _rows(versions)),
        ("Notes", _rows({"notes": header.notes})),
    ]
    return [(heading, rows) for heading, rows in groups if rows]


def words_of(key: str) -> tuple[str, str]:
    """Return a key as words and its unit: "full_scale_V_per_A" is "full scale" in "V/A"."""
    found = _KEY.fullmatch(key)
    name, unit = (found["name"], found["unit"]) if found else (key, "")
    words = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    parts = unit.replace("_per_sqrt_", "/√").replace("_per_", "/")
    for plain, sign in _SIGNS.items():
        parts = parts.replace(plain, sign)
    return words, re.sub(r"(?<![A-Za-z])u(?=[VAWKsmF])", "µ", parts)


def _parameters(header: RunHeader) -> list[tuple[str, str]]:
    """Return the parameters of the run under the labels of its form, those of an unknown procedure in words."""
    known = PROCEDURES[header.procedure]() if header.procedure in PROCEDURES else None
    labels = {name: one.name for name, one in known.parameter_objects().items()} if known else {}
    rows = [("procedure", known.label if known else header.procedure)] if header.procedure else []
    for key, value in header.parameters.items():
        name = max((x for x in labels if key == x or key.startswith(f"{x}_")), key=len, default="")
        rows += _rows({key: value}, label=labels.get(name, ""))
    return rows


def _rows(
    content: Mapping[str, Any], above: str = "", shared_unit: str = "", label: str = ""
) -> list[tuple[str, str]]:
    """Return nested settings as (name, value), without unset ones; ``label`` is used in place of the name."""
    rows: list[tuple[str, str]] = []
    for key, value in content.items():
        words, unit = words_of(str(key))
        if isinstance(value, Mapping):
            rows += _rows(value, f"{above}{words}{INSIDE}", unit)
        elif text := _text(value):
            rows.append((above + (label or words), f"{text} {unit or shared_unit}".rstrip()))
    return rows


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            digits, _, exponent = f"{value:.6g}".partition("e")
            return minus(digits) + (f"{TIMES}{power(int(exponent))}" if exponent else "")
        case list() | tuple():
            return ", ".join(filter(None, map(_text, value)))
    return str(value)
