"""Saving the settings of the form to a file or as a preset, and loading them."""

import logging
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog

from app.config.toml import FileError
from app.gui.dialogs.questions import agreed, asked_text
from app.gui.panels.procedures import ProceduresPanel

FILES = "Settings of a run (*.toml)"

Say = Callable[[str, int], None]


def save_settings(procedures: ProceduresPanel, say: Say) -> None:
    """Ask for a file and write the settings of the form to it; ``say`` gets what goes wrong."""
    from app.config.run_settings import save_run_settings

    if not procedures.check():
        say(procedures.verdict.whole, logging.WARNING)
        return
    run = procedures.base()
    path, _ = QFileDialog.getSaveFileName(procedures, "Save settings", f"{run.procedure}.toml", FILES)
    if not path:
        return
    try:
        save_run_settings(Path(path), run.procedure, run.sample, run.values)
        say(f"The settings are in {path}.", logging.INFO)
    except FileError as error:
        say(str(error), logging.ERROR)


def load_settings(procedures: ProceduresPanel, say: Say) -> None:
    """Ask for a file and show its settings in the form; ``say`` gets what goes wrong."""
    from app.config.run_settings import load_run_settings

    path, _ = QFileDialog.getOpenFileName(procedures, "Load settings", "", FILES)
    if not path:
        return
    try:
        settings = load_run_settings(Path(path))
    except FileError as error:
        say(str(error), logging.ERROR)
        return
    procedures.show_run(settings.procedure, settings.values, settings.sample)


def save_as_preset(procedures: ProceduresPanel, say: Say) -> None:
    """Ask for a name and save the settings of the form as a preset of the user; ``say`` gets the outcome."""
    from app.config.own_presets import save_preset

    if not procedures.check():
        say(procedures.verdict.whole, logging.WARNING)
        return
    run, presets = procedures.base(), procedures.presets
    words = f"Name of the preset of {procedures.procedure.currentText()}:"
    name = asked_text(procedures, "Save as preset", words, "&Save", presets.own_name)
    if not name:
        return
    try:
        path = save_preset(presets.folder, name, run.procedure, run.sample, run.values)
    except FileError as error:
        say(str(error), logging.ERROR)
        return
    presets.choose_own(path.stem)
    presets.compare(procedures.form.fields)
    say(f"Preset {path.stem}: {path}. Copy this file to share it.", logging.INFO)


def delete_own_preset(procedures: ProceduresPanel, say: Say) -> None:
    """Delete the chosen preset, if it is one of the user; ``say`` gets the outcome."""
    from app.config.own_presets import delete_preset

    presets = procedures.presets
    if not (name := presets.own_name):
        say("Choose one of your own presets first; the others can't be deleted.", logging.WARNING)
        return
    if not agreed(procedures, "Delete preset", f"Delete the preset {name} and its file?", "&Delete"):
        return
    try:
        delete_preset(presets.folder, name)
    except FileError as error:
        say(str(error), logging.ERROR)
        return
    presets.choose_own("")
    presets.compare(procedures.form.fields)
    say(f"Preset {name} is deleted.", logging.INFO)
