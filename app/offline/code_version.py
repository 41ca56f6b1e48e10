"""Version of the analysis: of the program, of its libraries, and of the text of its own modules."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("numpy", "scipy")

_ANALYSIS = Path(__file__).resolve().parents[2] / "analysis"


@cache
def code_version() -> str:
    """Return a text that is the same on two computers if they calculate the same results."""
    text = hashlib.sha256()
    for path in sorted(_ANALYSIS.rglob("*.py")):
        text.update(path.relative_to(_ANALYSIS).as_posix().encode())
        text.update(path.read_bytes().replace(b"\r\n", b"\n"))
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    return f"hotjunction {metadata.version('hotjunction')} ({text.hexdigest()[:12]}), {libraries}"
