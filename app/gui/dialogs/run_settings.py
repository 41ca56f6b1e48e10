"""Saving the settings of the form to a file, and loading them."""

import logging
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog

from app.config.toml import FileError
from app.gui.panels.procedures import ProceduresPanel

FILES = "Settings of a run (*.toml)"

Say = Callable[[str, int], None]


def save_settings(procedures: ProceduresPanel, say: Say) -> None:
    """Ask for a file and write the settings of the form to it; ``say`` gets what goes wrong."""
    from app.config.run_settings import save_run_settings

    if not procedures.check():
        say(procedures.verdict.text(), logging.WARNING)
        return
    run, *_ = procedures.wanted()
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
