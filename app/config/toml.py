"""Reading of users' TOML files into validated models. Errors name file, key and bound."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from analysis.bounded_files import read_bounded
from app.config.toml_mistakes import explained, undecodable


class Section(BaseModel):
    """A table of a TOML file: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, field: ValidationInfo) -> Any:
        """Take a date without quotes as a text; refuse true and false for numbers: pydantic takes them for 1 and 0."""
        wanted = set(_types_in(cls.model_fields[field.field_name or ""].annotation))
        if isinstance(value, date) and str in wanted:
            return value.isoformat()
        if isinstance(value, bool) and wanted & {float, int} and bool not in wanted:
            raise ValueError("a number")
        return value

    @classmethod
    def for_content(cls, content: Mapping[str, Any]) -> "type[Section]":
        """Return the model of this content, for a table whose keys depend on one of them. Raises ``ValueError``."""
        return cls


class FileError(Exception):
    """Problem with a file, in one sentence for the user: file, key, reason."""


MOST_BYTES = 2**24
"""Largest TOML file."""

MOST_SHOWN = 80
"""Most characters of a wrong value that a message repeats."""

BARE_KEY = re.compile(r"[\w-]+", re.ASCII)

Model = TypeVar("Model", bound=BaseModel)

WRITTEN = {
    r"^[^\x00-\x1f]+$": "a folder; in double quotes a backslash is written twice, or use single quotes",
    r"^ai\d+$": 'an analogue input of the card, such as "ai0"',
    r"^ao\d+$": 'an analogue output of the card, such as "ao0"',
    r"^port\d+/line\d+$": 'a digital line of the card, such as "port0/line1"',
    r"^(local|grpc://.+:\d+)$": '"local", or the address of a controller, such as "grpc://192.168.1.5:31763"',
}
"""Texts that must have a form, by its pattern."""

PLAIN = {
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "string_too_short": "a text that is not empty",
    "list_type": "a list in square brackets",
    "tuple_type": "a list in square brackets",
}
"""Words for pydantic's kinds of error."""

KINDS = {
    "a rig file": {"daq", "piezo", "current_amplifier"},
    "a campaign": {"sample", "conductance_G0", "heating"},
    "a junction with probes": {"transmission", "terminals"},
    "a transmission model": {"transmission"},
}
"""Files that users have, by the keys that tell them from the others; the first that suits is meant."""


def load_toml(path: Path, model: type[Model]) -> Model:
    """Read and validate a TOML file.

    Raises
    ------
    FileError
        For a file that is missing, not TOML, of another kind, or breaks a rule of ``model``; lists every offending key.
    """
    return of_kind(path, read_toml(path), model)


def of_kind(path: Path, content: dict[str, Any], model: type[Model]) -> Model:
    """Validate the content of a TOML file. Raises `FileError`, as `load_toml` does."""
    found, wanted = _kind_of(content), _kind_of(model.model_fields)
    if found and wanted and found != wanted and not _misspelt(content, found, wanted, model):
        raise FileError(f"{path.name} is {found}, not {wanted}.")
    return validate(content, model, str(path))


def _kind_of(keys: Iterable[str]) -> str:
    """Return which kind of file has these keys; "" where that can't be told."""
    there = set(keys)
    return next((kind for kind, needed in KINDS.items() if needed <= there), "")


def _misspelt(content: Iterable[str], found: str, wanted: str, model: type[BaseModel]) -> bool:
    """Return True for a file that lacks a key of its kind, but has others that only this kind has."""
    return KINDS[found] < KINDS[wanted] and bool(set(content) & model.model_fields.keys() - KINDS[found])


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises `FileError` for one that is missing or not TOML."""
    try:
        content = read_bounded(path, MOST_BYTES)
        if b"\0" in content:
            raise FileError(f"{path}: not TOML: {undecodable(content, path.name)}")
        return loaded(content.decode("utf-8-sig"))  # editors of Windows write a mark first
    except UnicodeDecodeError:
        raise FileError(f"{path}: not TOML: {undecodable(content, path.name)}") from None
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except OSError as error:
        raise FileError(f"{path}: can't be read ({error.strerror})") from None
    except RecursionError:
        raise FileError(f"{path}: not TOML that makes sense: it is nested too deeply") from None
    except ValueError as error:  # of TOML, the size of the file, or the length of a number
        raise FileError(f"{path}: not TOML: {error}") from None


def loaded(text: str) -> dict[str, Any]:
    """Return the content of a TOML text. Raises ``ValueError``, with a remedy for the usual mistakes."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(explained(text, error)) from None


def validate(content: dict[str, Any], model: type[Model], origin: str) -> Model:
    """Validate a mapping; ``origin`` (a file's name) begins each line of the error."""
    schema: Any = model
    try:
        if issubclass(model, Section):
            schema = model.for_content(content)
        valid: Model = schema.model_validate(content)
        return valid
    except ValidationError as error:
        lines = [f"{origin}: {_sentence(detail, schema)}" for detail in error.errors()]
        raise FileError("\n".join(lines)) from None
    except ValueError as error:
        raise FileError(f"{origin}: {error}") from None


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    key = _place(detail["loc"], isinstance(detail["input"], dict))
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        near = get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(sorted(known))}"
        return f"{key}: unknown key{hint}"
    if detail["type"] == "missing":
        return f"{key}: is missing"
    message = _wanted(detail, model)
    if isinstance(detail["input"], dict):
        if kind := PLAIN.get(detail["type"]):
            return f"{key}: is a table, but must be {kind}; a list of tables has double brackets, [[{key}]]"
        return f"{key}: {message}" if key else message
    return f"{key} = {_shown(detail['input'])}: must be {message[:1].lower()}{message[1:]}"


def _wanted(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return what a value must be, in plain words."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"a table with {', '.join(_known_keys(model, detail['loc'])) or 'keys'}"
    if kind == "string_pattern_mismatch" and context.get("pattern") in WRITTEN:
        return WRITTEN[context["pattern"]]
    return PLAIN.get(kind) or detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")


def _shown(value: object) -> str:
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} ..."


def _place(location: tuple[int | str, ...], of_table: bool) -> str:
    """Return the path of a key as a reader finds it: a table in a list is "levels, number 2"."""
    text, separator = "", ""
    for part, after in zip_longest(location, location[1:]):
        if isinstance(part, int) and (isinstance(after, str) or (after is None and of_table)):
            text, separator = f"{text}, number {part + 1}", ": "
        else:
            text, separator = text + separator + _key(part), "."
    return text


def _key(part: int | str) -> str:
    """Return a key as written in the file, quoted if necessary."""
    return part if isinstance(part, str) and BARE_KEY.fullmatch(part) else repr(part)


def _known_keys(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the section at ``location``; empty if the path leaves the models."""
    for part in location:
        if isinstance(part, int):
            continue  # an entry of a list: its model is the list's
        fields = getattr(model, "model_fields", {})
        others = getattr(model, "__annotations__", {}).get("__pydantic_extra__")
        if part not in fields and others is None:
            return []
        model = _section_in(fields[part].annotation if part in fields else others)
    return list(getattr(model, "model_fields", {}))


def _types_in(annotation: Any) -> Iterator[Any]:
    """Yield the types in ``X``, ``X | None``, ``Annotated[X, ...]`` and the like."""
    yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument) if isinstance(argument, type) or get_args(argument) else ()


def _section_in(annotation: Any) -> Any:
    """Return the model in ``X``, ``X | None``, ``list[X]`` and the like; the annotation itself if there is none."""
    inner = (_section_in(argument) for argument in get_args(annotation))
    return next((one for one in inner if hasattr(one, "model_fields")), annotation)
