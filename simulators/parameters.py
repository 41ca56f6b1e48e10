"""Parameters of the simulated rig: defaults from the TOML file beside this module, a user's file, overrides.

The TOML file holds all numbers, each with its unit in its name and its source in a comment. Each part of the rig
reads its section through its own class, which states the bounds::

    class Springs(Section):
        stiffness_N_per_m: float = Field(gt=0)

    springs = load_parameters(overrides={"springs.stiffness_N_per_m": 12}).section("springs", Springs)
"""

import copy
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

DEFAULTS = Path(__file__).with_suffix(".toml")
CARDS = Path(__file__).with_name("cards.toml")
STANDARD_CARD = "PXI-6281"

Overrides = Mapping[str, Any] | Iterable[str]
SectionClass = TypeVar("SectionClass")


class ParameterError(ValueError):
    """Unknown or missing parameter, or a value outside its bounds. The message names the parameter."""


class ParameterSection(BaseModel):
    """Base of the section classes: frozen, no unknown keys, no conversions, only finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Parameters:
    """All sections of one simulated rig, as nested mappings. Build it with :func:`load_parameters`.

    Parameters
    ----------
    values : mapping
        ``{"sample": {"species": "BDNC", ...}, "molecule": {"BDNC": {...}}, ...}``
    """

    values: Mapping[str, Any]

    def changed(self, overrides: Overrides) -> "Parameters":
        """Return the parameters with overrides, as for `load_parameters`. Raises ``ParameterError``."""
        values = copy.deepcopy(dict(self.values))
        _merge(values, _nested(overrides), "override")
        return Parameters(values)

    def section(self, name: str, into: type[SectionClass]) -> SectionClass:
        """Return ``into(**fields)`` for the section called ``name`` ("thermal", "molecule.BDNC").

        Raises
        ------
        ParameterError
            If there is no such section, or a field is missing, of the wrong type or outside its bounds.
        """
        table: Any = self.values
        for part in name.split("."):
            if not isinstance(table, Mapping) or part not in table:
                raise ParameterError(_unknown(name, part, table if isinstance(table, Mapping) else {}))
            table = table[part]
        try:
            return into(**table)
        except ValidationError as error:
            raise ParameterError("; ".join(_explain(name, problem) for problem in error.errors())) from None
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{name}: {error}") from None


def load_parameters(
    path: Path | None = None, overrides: Overrides | None = None, card: str = STANDARD_CARD
) -> Parameters:
    """Load the defaults, changed to another card, then by a user's TOML file and by overrides.

    Parameters
    ----------
    path : Path, optional
        TOML file with the parameters that differ from their defaults.
    overrides : mapping or iterable of str, optional
        ``{"sample": {"species": "BDNC"}}``, ``{"sample.species": "BDNC"}`` or ``["sample.species=BDNC"]``.
    card : str
        One of ``cards.toml``.

    Raises
    ------
    ParameterError
        For an unknown card, a file that is not TOML, an unknown key (the message names the nearest one) or a value
        of another type than the default. Bounds are checked when a section is read.
    """
    values = copy.deepcopy(_defaults(DEFAULTS))
    if card != STANDARD_CARD:
        _merge(values, card_overrides(card), str(CARDS))
    if path is not None:
        _merge(values, _read(path), str(path))
    if overrides is not None:
        _merge(values, _nested(overrides), "override")
    return Parameters(values)


@cache
def _defaults(file: Path) -> dict[str, Any]:
    """Return the defaults; a caller that changes them takes a copy."""
    return _read(file)


def card_overrides(name: str) -> dict[str, Any]:
    """Return the overrides that make the simulated card another one. Raises ``ParameterError`` for an unknown one."""
    cards = _read(CARDS)
    if name not in cards:
        nearest = difflib.get_close_matches(name, cards, n=1, cutoff=0.4)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(cards)}"
        raise ParameterError(f"unknown card {name!r}; {hint}")
    return {"ni6281": cards[name]}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{file}: {error}") from None


def _nested(overrides: Overrides) -> dict[str, Any]:
    """Convert overrides in any of their three forms to nested mappings."""
    if isinstance(overrides, str):
        overrides = [overrides]
    items = overrides.items() if isinstance(overrides, Mapping) else map(_split_override, overrides)
    nested: dict[str, Any] = {}
    for key, value in items:
        *parents, last = key.split(".")
        table = nested
        for part in parents:
            table = table.setdefault(part, {})
        if isinstance(value, Mapping):
            table.setdefault(last, {}).update(copy.deepcopy(dict(value)))
        else:
            table[last] = value
    return nested


def _split_override(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"override {text!r}: expected section.key=value")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _merge(known: dict[str, Any], changes: Mapping[str, Any], source: str, above: str = "") -> None:
    """Merge ``changes`` into ``known`` in place; only existing keys are accepted.

    Exception: if every entry is a table of the same keys (the molecules), another one may be added.
    """
    for key, value in changes.items():
        name = f"{above}.{key}" if above else key
        if key not in known:
            template = _common_keys(known) if above else set()
            if not template or not isinstance(value, Mapping) or set(value) != template:
                raise ParameterError(f"{source}: {_unknown(name, key, known)}")
            known[key] = dict(value)
        elif isinstance(known[key], dict):
            if not isinstance(value, Mapping):
                raise ParameterError(f"{source}: {name} is a section, not a value")
            _merge(known[key], value, source, name)
        else:
            known[key] = _like(known[key], value, f"{source}: {name}")


def _common_keys(known: Mapping[str, Any]) -> set[str]:
    tables = [set(table) for table in known.values() if isinstance(table, Mapping)]
    same = len(tables) == len(known) and all(table == tables[0] for table in tables)
    return tables[0] if tables and same else set()


def _like(default: Any, value: Any, name: str) -> Any:
    """Return ``value`` if it has its default's type; an integer is accepted for a float."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, list) and isinstance(value, (list, tuple)):
        return list(value)
    if type(value) is not type(default):
        raise ParameterError(f"{name} = {value!r}: expected {type(default).__name__}, as in {default!r}")
    return value


def _unknown(name: str, key: str, known: Mapping[str, Any]) -> str:
    nearest = difflib.get_close_matches(key, [str(entry) for entry in known], n=1, cutoff=0.4)
    return f"unknown parameter {name}" + (f"; did you mean {nearest[0]!r}?" if nearest else "")


def _explain(section: str, problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    given = "" if problem["type"] == "missing" else f" = {problem['input']!r}"
    return f"{section}.{key}{given}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
