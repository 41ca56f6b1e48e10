"""Transmission model that the data are compared with: an opened file, or the fit of an earlier I-V."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QFileDialog, QMenu

from analysis.heating.junction_model import JunctionModel
from app.config.toml import FileError
from app.models.load import opened_model
from app.replay.model_lookup import FoundModel, model_for
from app.viewmodels.session import Session

if TYPE_CHECKING:
    from app.gui.windows.window import SessionWindow

PATTERNS = "Models, fits, saved analyses (*.toml *.json)"


class ModelChoice(QObject):
    """Opens or finds models and sets them in the window's session.

    Parameters
    ----------
    window : Window
    """

    def __init__(self, window: "SessionWindow") -> None:
        super().__init__(window)
        self._window = window
        self.given: JunctionModel | None = None
        """Model that the user has opened; applies to later runs, too."""

    def fill_menu(self, menu: QMenu) -> None:
        """Add the menu entries for the model."""
        self._window.menus.action(menu, "Open &transmission model …", self.ask)
        self._window.menus.action(menu, "Use transmission fitted to the &I-V", self.forget)

    def ask(self) -> None:
        """Ask for a file and open its model."""
        recording = self._window.recording
        folder = str(recording.parent) if recording is not None else ""
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a transmission model", folder, PATTERNS)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Open the model of a file; log an error if it is invalid."""

        def opened(model: Any) -> None:
            self.given = model
            self._window.say("; ".join((f"Comparing with the model {model.source}", *model.remarks)))
            self._take(model)

        def failed(error: Any) -> None:
            message = str(getattr(error, "message", error))
            self._window.say(message if isinstance(error, FileError) else f"{path}: {error}", logging.ERROR)

        self._window.tasks.do(lambda: opened_model(path), opened, failed)

    def forget(self) -> None:
        """Return to the transmission fitted to an I-V: the run's own or an earlier one."""
        self.given = None
        self._take(None)
        if self._window.session is not None:
            self.look(self._window.session)

    def look(self, session: Session) -> None:
        """Find a model for a session without one, in the background."""
        recording = self._window.recording
        if session.options.model is not None or recording is None:
            return

        def found(result: FoundModel | None) -> None:
            if result is None or session is not self._window.session or session.options.model is not None:
                return
            self._window.say(result.said, logging.INFO if result.model is not None else logging.WARNING)
            if result.model is not None:
                session.set_options(replace(session.options, model=result.model))

        self._window.tasks.do(
            lambda: model_for(recording, session.header),
            found,
            lambda error: self._window.say(
                f"Cannot search for an earlier I-V to compare with: {error}", logging.WARNING
            ),
        )

    def _take(self, model: JunctionModel | None) -> None:
        session = self._window.session
        if session is not None:
            session.set_options(replace(session.options, model=model))
        self._window.decide(self._window.selection.options)
