"""Transmission model that the data are compared with: an opened file, or the fit of an earlier I-V."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from app.config.toml import FileError
from app.gui.background import Tasks

if TYPE_CHECKING:
    from analysis.heating.junction_model import JunctionModel
    from app.replay.model_lookup import FoundModel
    from app.viewmodels.session import Session

PATTERNS = "Models, fits, saved analyses (*.toml *.json)"


class ModelChoice(QObject):
    """Opens or finds models and sets them in a session.

    Parameters
    ----------
    tasks : Tasks
        Read files beside the window.
    session, recording : callable
        Return the session that is shown and its recording; None before there is one.
    parent : QObject
    """

    chosen = pyqtSignal(object)
    """The model that the session now compares with; None for that of its own I-V."""
    message = pyqtSignal(str, int)
    """A sentence for the log, and its level."""

    def __init__(
        self,
        tasks: Tasks,
        session: "Callable[[], Session | None]",
        recording: Callable[[], Path | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._session, self._recording = tasks, session, recording
        self.given: JunctionModel | None = None
        """Model that the user has opened; applies to later runs, too."""

    def open(self, path: Path) -> None:
        """Open the model of a file; log an error if it is invalid."""

        def read() -> "JunctionModel":
            from app.models.load import opened_model

            return opened_model(path)

        def opened(model: Any) -> None:
            self.given = model
            self.message.emit(
                "; ".join((f"Comparing with the model {model.source}", *model.remarks)), logging.INFO
            )
            self._take(model)

        def failed(error: Any) -> None:
            message = str(error) if isinstance(error, FileError) else f"{path}: {error}"
            self.message.emit(message, logging.ERROR)

        self._tasks.do(read, opened, failed)

    def forget(self) -> None:
        """Return to the transmission fitted to an I-V: the run's own or an earlier one."""
        self.given = None
        self._take(None)
        session = self._session()
        if session is not None:
            self.look(session)

    def look(self, session: "Session") -> None:
        """Find a model for a session without one, in the background."""
        recording = self._recording()
        if session.options.model is not None or recording is None:
            return

        def search() -> "FoundModel | None":
            from app.replay.model_lookup import model_for

            return model_for(recording, session.header)

        def found(result: "FoundModel | None") -> None:
            if result is None or session is not self._session() or session.options.model is not None:
                return
            self.message.emit(result.message, logging.INFO if result.model is not None else logging.WARNING)
            if result.model is not None:
                session.set_options(replace(session.options, model=result.model))

        self._tasks.do(
            search,
            found,
            lambda error: self.message.emit(
                f"Cannot search for an earlier I-V to compare with: {error}", logging.WARNING
            ),
        )

    def _take(self, model: "JunctionModel | None") -> None:
        session = self._session()
        if session is not None:
            session.set_options(replace(session.options, model=model))
        self.chosen.emit(model)
