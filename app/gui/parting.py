"""What becomes of a bench whose window is closed."""

import logging
from enum import Enum

from PyQt6.QtWidgets import QMessageBox, QWidget

from app.serve.client import BenchClient
from app.serve.errors import BenchError

log = logging.getLogger(__name__)


class Parting(Enum):
    """What is to become of a run that is on; ``END`` of an idle bench is nothing that anybody is asked about."""

    LEAVE = "leave it running"
    END = "stop it safely"
    STAY = "stay"


def part(client: BenchClient, wanted: Parting, *, owned: bool, running: bool) -> None:
    """End what nobody else has, safely; what others have goes on, but for a run that is not wanted any more.

    Parameters
    ----------
    client : BenchClient
    wanted : Parting
    owned : bool
        Whether the bench is this window's alone.
    running : bool
        Whether a run is on or waits.
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
        log.warning("Parting from the bench: %s", error)


def ask_about_run(window: QWidget) -> Parting:
    """Ask what is to become of the run."""
    box = QMessageBox(window)
    box.setWindowTitle("Close the window")
    box.setText("A measurement is running.")
    box.setInformativeText("Closing this window does not stop it; reopen hotjunction to see it again.")
    leave = box.addButton("&Keep running", QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton("&Stop safely", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(leave)
    box.exec()
    clicked = box.clickedButton()
    return Parting.LEAVE if clicked is leave else Parting.END if clicked is stop else Parting.STAY
