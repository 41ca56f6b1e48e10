"""Output in every encoding: unsupported characters are replaced by ASCII."""

import codecs
import sys
import unicodedata
from contextlib import suppress

IN_ASCII = {
    "\u2009": " ", "\u202f": " ", "\u2007": " ",
    "−": "-", "–": "-", "—": "-", "×": "x", "·": "*", "±": "+-", "√": "sqrt", "∞": "inf", "…": "...",
    "≈": "~", "≤": "<=", "≥": ">=", "→": "->", "Å": "A", "α": "alpha", "γ": "gamma", "Γ": "Gamma", "Δ": "Delta",
    "ε": "epsilon", "μ": "u", "µ": "u", "σ": "sigma", "τ": "tau", "χ": "chi", "Ω": "Ohm",
    "─": "-", "│": "|", "├": "+", "└": "+", "█": "#",
}  # fmt: skip
"""Replacements that Unicode's own decompositions lack; a number never loses its sign."""


def in_ascii(text: str) -> str:
    """Return text in ASCII, with "?" for unknown characters."""
    written = (IN_ASCII.get(one) or unicodedata.normalize("NFKD", one) for one in text)
    plain = "".join(one for one in "".join(written) if not unicodedata.combining(one))
    return plain.encode("ascii", "replace").decode("ascii")


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end


codecs.register_error("in-ascii", _replacement)


def never_refuse() -> None:
    """Make standard output and error accept every text, whatever their encodings."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            with suppress(OSError, ValueError):  # closed, or at a place that can't be found
                reconfigure(errors="in-ascii")
