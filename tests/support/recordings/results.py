"""Results that are compared: the numbers, without when and from where they are."""

import json
from collections.abc import Mapping
from typing import Any

SECTIONS = ("traces", "selection", "samples", "noise_floor_G0", "histogram", "iv", "heating", "transmission")


def sections(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a file would hold, so that tuples are lists; "recording" and options aside."""
    plain = json.loads(json.dumps(result))
    return {name: plain[name] for name in SECTIONS if name in plain}
