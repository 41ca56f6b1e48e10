"""Shutdown of a bench when its window is closed."""

import logging
from enum import Enum

from PyQt6.QtWidgets import QMessageBox, QWidget

from app.server.client import BenchClient
from app.server.errors import BenchError

log = logging.getLogger(__name__)


class Parting(Enum):
    """User's choice about a run in progress when the window is closed; an idle bench ends without a question."""

    LEAVE = "leave it running"
    END = "stop it safely"
    STAY = "stay"


def part(client: BenchClient, wanted: Parting, *, owned: bool, running: bool) -> None:
    """Shut down a bench that belongs to this window; on any other bench stop the run if the user wants that.

    Parameters
    ----------
    client : BenchClient
    wanted : Parting
    owned : bool
        True if the bench belongs to this window.
    running : bool
        True if a run is in progress or queued.
    """
    if running and wanted is Parting.LEAVE:
        return
    try:
        if owned:
            client.command("shutdown", abort=running)
        elif running:
            client.command("pause")
            client.command("abort")
    except BenchError as error:
        log.warning("Cannot stop the bench: %s", error)


def ask_about_run(window: QWidget) -> Parting:
    """Ask whether to keep the run going, stop it or keep the window open."""
    box = QMessageBox(window)
    box.setWindowTitle("Close the window")
    box.setText("A measurement is running.")
    box.setInformativeText("It can go on without this window; start hotjunction again to see it.")
    leave = box.addButton("&Keep running", QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton("&Stop safely", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(leave)
    box.exec()
    clicked = box.clickedButton()
    return Parting.LEAVE if clicked is leave else Parting.END if clicked is stop else Parting.STAY
