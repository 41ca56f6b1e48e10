"""Saving the settings of the amplifiers to a file, and setting those of a file."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QFileDialog, QWidget

from app.config.toml import FileError

FILES = "Settings of amplifiers (*.toml)"

Say = Callable[[str, int], None]
Set = Callable[[str, str, float], None]


def save_amplifiers(parent: QWidget, settings: Mapping[str, Mapping[str, Any]], say: Say) -> None:
    """Ask for a file and write the settings of the next run to it; ``say`` gets the outcome."""
    from app.config.amplifier_settings import save_amplifier_settings

    if not any(settings.values()):
        say("This rig has no amplifier whose settings can be changed here.", logging.WARNING)
        return
    path, _ = QFileDialog.getSaveFileName(parent, "Save amplifier settings", "amplifiers.toml", FILES)
    if not path:
        return
    try:
        save_amplifier_settings(Path(path), settings)
        say(f"The amplifier settings are in {path}.", logging.INFO)
    except FileError as error:
        say(str(error), logging.ERROR)


def load_amplifiers(
    parent: QWidget, present: Mapping[str, Mapping[str, Any]], set_one: Set, say: Say
) -> None:
    """Ask for a file and set what differs from the present settings; ``say`` gets what goes wrong."""
    from app.config.amplifier_settings import load_amplifier_settings

    path, _ = QFileDialog.getOpenFileName(parent, "Load amplifier settings", "", FILES)
    if not path:
        return
    try:
        wanted = load_amplifier_settings(Path(path))
    except FileError as error:
        say(str(error), logging.ERROR)
        return
    unknown = [
        f"{role}.{name}"
        for role, each in wanted.items()
        for name in each
        if name not in present.get(role, {})
    ]
    if unknown:
        say(f"{path}: this rig has no {', '.join(unknown)} to set; nothing was changed.", logging.ERROR)
        return
    changes = [
        (role, name, value)
        for role, each in wanted.items()
        for name, value in each.items()
        if value != present[role][name]
    ]
    for change in changes:
        set_one(*change)
    if not changes:
        say("The amplifiers are set like this already.", logging.INFO)
