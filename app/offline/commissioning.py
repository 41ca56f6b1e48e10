"""Commissioning that the header of a recording names."""

from collections.abc import Mapping
from typing import Any

COMMISSIONING = "commissioning"
"""Setting of the header: id, date, program, verdict, and why it no longer counted (``stale``)."""


def commissioning_of(settings: Mapping[str, Any]) -> str:
    """Return the commissioning of a header's settings in words; "" for a recording that names none."""
    stated = settings.get(COMMISSIONING)
    if not stated:
        return ""
    signed = ", ".join(str(stated[name]) for name in ("date", "program") if stated.get(name))
    stale = "; ".join(stated.get("stale", ()))
    return f"{stated['id']} ({signed}): {stated['verdict']}{f', but {stale}' if stale else ''}"
