"""Confirmation of what no instrument can confirm: the settings of amplifiers that are set by hand."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import date
from pathlib import Path

import platformdirs

from analysis.bounded_files import read_json
from analysis.shared_files import write_file
from app.config.amplifiers import ROLES, model_of
from app.config.rig import Rig
from app.config.toml import FileError
from drivers.amplifier import Provenance, keys_from
from drivers.settings import label, setting_text


def declared_settings(rig: Rig) -> Iterator[str]:
    """Yield a line for each amplifier whose settings the rig file states and nothing reads back."""
    for role in ROLES:
        driver, section = model_of(rig, role).driver, getattr(rig, role)
        if driver.provenance is not Provenance.DECLARED:
            continue
        keys = keys_from(driver, section)
        stated = [
            f"{label(one.name)} {setting_text(one.name, value)}"
            for one in fields(keys)
            if (value := getattr(keys, one.name)) not in (None, "") and one.name != "description"
        ]
        sign = "inverting" if section.inverting else "not inverting"
        yield f"{driver.product} ({driver.place(keys)}): {', '.join([*stated, sign])}"


def confirm_declared(
    rig_file: Path,
    rig: Rig,
    yes: bool,
    ask: Callable[[str], bool],
    today: Callable[[], date] = date.today,
    kept: Path | None = None,
) -> None:
    """Ask once a day, and after each change, whether the amplifiers are set as the rig file states.

    Parameters
    ----------
    rig_file, rig
        The file and its content.
    yes : bool
        True if the user has confirmed it in the command.
    ask : callable
        Asks a question; False if the answer is no, or without a terminal.
    kept : Path, optional
        File that keeps the day of each confirmation.

    Raises
    ------
    FileError
        If they are not, or the question can not be asked.
    """
    lines = list(declared_settings(rig))
    if not lines:
        return
    kept = kept or Path(platformdirs.user_state_dir("hotjunction", appauthor=False)) / "confirmed.json"
    mark = hashlib.sha256("\n".join([str(rig_file.absolute()), *lines]).encode()).hexdigest()
    days, day = _read(kept), today().isoformat()
    if days.get(mark) == day:
        return
    stated = "\n".join(f"  {line}" for line in lines)
    if not yes and not ask(f"Set by hand, and believed as {rig_file.name} states it:\n{stated}\nIs that so?"):
        raise FileError(
            f"{rig_file}: nothing was moved. These settings can't be read back, so somebody must look:\n{stated}\n"
            "Correct the amplifier or the rig file; give --yes on a computer without a terminal."
        )
    with suppress(OSError):  # it is asked again
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_file(kept, json.dumps({mark: day, **{k: d for k, d in days.items() if d == day}}))


def ask_in_terminal(question: str) -> bool:
    """Ask on the terminal; False without one."""
    import click

    return sys.stdin.isatty() and click.confirm(question, err=True)


def _read(kept: Path) -> dict[str, str]:
    try:
        days = read_json(kept)
    except (OSError, ValueError):
        return {}
    return days if isinstance(days, dict) else {}
