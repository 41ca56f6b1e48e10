"""Results that are compared: the numbers, without when and from where they are."""

import json
from collections.abc import Mapping
from typing import Any

SECTIONS = ("traces", "selection", "samples", "noise_floor_G0", "histogram", "iv", "heating", "transmission")


def sections(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a saved file, with lists for tuples, without "recording" and options."""
    plain = json.loads(json.dumps(result))
    return {name: plain[name] for name in SECTIONS if name in plain}
