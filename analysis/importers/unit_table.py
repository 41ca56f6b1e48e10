"""Every spelling of a unit that is known, by quantity: for the reference, and for `--list-units`."""

from analysis.importers.units import (
    BASE_SYMBOLS,
    BASE_WORDS,
    HIGH_PREFIXES,
    PREFIXES,
    SPECIAL,
    WORD_PREFIXES,
    unit_of,
)

QUANTITIES = {
    "V": "voltage",
    "A": "current",
    "S": "conductance",
    "G0": "conductance",
    "A/m2": "current density",
    "m": "distance",
    "s": "time",
    "Hz": "frequency",
    "K": "temperature",
    "ohm": "resistance",
}
"""Quantity by base unit."""

_PATTERNS = {
    "conductance": ("1/ohm, 1/MOhm, MOhm^-1 (with any prefix of ohm)",),
    "any of these": (
        "10^-9 A, 10**-9 A, 1e-9 A, x10^-9 A (a power of ten in front)",
        "log10(G/G0), log(I/nA), lg(I/A), ln(J/(A/cm2)), log10(nA) (logarithms)",
    ),
}


def spellings() -> dict[str, tuple[str, ...]]:
    """Return the spellings by quantity; each of them is read by `unit_of`."""
    found: dict[str, list[str]] = {quantity: [] for quantity in dict.fromkeys(QUANTITIES.values())}
    for symbol, base in BASE_SYMBOLS.items():
        prefixes = [*PREFIXES, *(HIGH_PREFIXES if base in ("ohm", "Hz") else ())]
        found[QUANTITIES[base]] += [f"{prefix}{symbol}" for prefix in prefixes]
    for word, base in BASE_WORDS.items():
        found[QUANTITIES[base]] += [word]
    for word, unit in SPECIAL.items():
        if unit.base in QUANTITIES:
            found[QUANTITIES[unit.base]].append(word)
    found["prefixes in words"] = [f"{prefix}volts" for prefix in WORD_PREFIXES]
    result = {
        q: tuple(w for w in words if q == "prefixes in words" or unit_of(w)) for q, words in found.items()
    }
    return {**result, **{q: (*result.get(q, ()), *patterns) for q, patterns in _PATTERNS.items()}}


def markdown() -> str:
    """Return the spellings as a table of the documentation."""
    lines = ["| quantity | spellings |", "|---|---|"]
    for quantity, words in spellings().items():
        listed = ", ".join(word if "(" in word and " " in word else f"`{word}`" for word in words)
        lines.append(f"| {quantity} | {listed} |")
    return "\n".join(lines)
