"""Base of the windows of a rig and of a recording: a session on display, recordings, menus, keys."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QDockWidget,
    QFileDialog,
)

from app.gui.background import Tasks
from app.gui.panels.browser import BrowserPanel
from app.gui.panels.selection_rules import SelectionPanel
from app.gui.recent import RecentFiles, shortened
from app.gui.run_logger import RunLogger
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.menus import Choices, Entry, Item, Listed, Submenu
from app.gui.windows.model_choice import PATTERNS, ModelChoice
from app.gui.windows.panel_window import PanelWindow
from app.gui.windows.shortcuts import COMMON_KEYS, KeysDialog
from app.gui.windows.status_line import StatusLine
from app.gui.windows.view_tabs import shortcut_of
from app.offline.recordings import ENDINGS
from app.viewmodels.registry import STRIPS, tabs
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.strips import WINDOWS_S, words_of

if TYPE_CHECKING:
    from app.gui.dialogs.import_dialog import ImportDialog
    from app.viewmodels.options import SessionOptions
    from app.viewmodels.session import Session

FRAME_MS = 40
"""Interval between frames: 25 a second."""
THEMES = {"Same as &desktop": Choice.SYSTEM, "&Light": Choice.LIGHT, "D&ark": Choice.DARK}


class SessionWindow(PanelWindow):
    """Window of one session with its panels.

    Parameters
    ----------
    theme : Theme
    settings : QSettings
        Remembers the layout.
    line : StatusLine
    """

    keys: tuple[tuple[str, str], ...] = ()
    open_asked = pyqtSignal(object)
    """Path of a recording to open in a new window."""
    compare_asked = pyqtSignal(object)
    rig_asked = pyqtSignal(object)
    """Path of a rig file to open in a new window."""

    def __init__(self, theme: Theme, settings: QSettings, line: StatusLine) -> None:
        super().__init__(theme, settings, line)
        self.line = line
        self.tasks = Tasks("window")
        self.browser, self.selection = BrowserPanel(theme, self.tasks), SelectionPanel(theme)
        self.selection.decided.connect(self.decide)
        self.models = ModelChoice(self.tasks, lambda: self.session, lambda: self.recording, self)
        self.models.message.connect(self.say)
        self.models.chosen.connect(lambda _: self.decide(self.selection.options))
        self.browser.failed.connect(lambda text: self.say(text, logging.ERROR))
        self.browser.open_asked.connect(self.open_asked)
        self.browser.compare_asked.connect(self.compare_asked)
        self._narrator: RunLogger | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.paint)

    # ---- assembly, called by the constructors of subclasses ----

    def finish(self) -> None:
        """Add menus and keys, restore the saved layout and start drawing."""
        self.menus.fill(
            {
                "&File": self._file_menu(),
                **self.run_menu(),
                "&View": self._view_menu(),
                "&Help": [Item("&Keyboard shortcuts", self.show_keys, "F1")],
            }
        )
        self._bind()
        self.begin_layout()
        self._timer.start(FRAME_MS)

    def run_menu(self) -> dict[str, list[Entry]]:
        """Return the menu Run, in a window of a rig."""
        return {}

    def _file_menu(self) -> list[Entry]:
        return [
            Item("&Open recording …", self.ask_for_recording, "Ctrl+O"),
            Item("Open &folder …", self.browser.choose_folder),
            Item("Open &rig …", self.ask_for_rig),
            Listed("Recent recordin&gs", partial(self._recent, "recordings", self.open_asked), "none yet"),
            Listed("Recent rig &files", partial(self._recent, "rigs", self.rig_asked), "none yet"),
            Item("I&mport files …", self.import_files),
            Item("&Save analysis", self.save_analysis, "Ctrl+S"),
            Item("Open &transmission model …", self.ask_for_model),
            Item("Use transmission fitted to the &I-V", self.models.forget),
            None,
            Item("&Close", self.close, "Ctrl+W"),
        ]

    def _recent(self, kind: str, asked: Any) -> list[Entry]:
        """Return the files of a kind that were opened last, to open one again."""
        return [
            Item(shortened(path), partial(asked.emit, path))
            for path in RecentFiles(self.settings, kind).paths()
        ]

    def _view_menu(self) -> list[Entry]:
        views: list[Entry] = [
            Item(title, partial(self.area.raise_tab, number), shortcut_of(title))
            for number, title in enumerate(tabs())
        ]
        floating = [Item(title, partial(_float, dock)) for title, dock in self.area.docks.items()]
        spans = {words_of(seconds): seconds for seconds in WINDOWS_S}
        return [
            *views,
            Submenu("In its &own window", floating),
            Choices("Time &span of strip charts", self.area.window_s, spans, self.set_span),
            None,
            *(
                Item(title, partial(self.show_panel, title), f"Alt+{number}")
                for number, title in enumerate(self.docks, 1)
            ),
            Submenu("Show or hide &panels", [dock.toggleViewAction() for dock in self.docks.values()]),
            Item("&Default layout", self.usual_layout),
            None,
            Choices("&Theme", self.theme.choice, THEMES, self.theme.choose),
        ]

    def _bind(self) -> None:
        space = QShortcut(QKeySequence(Qt.Key.Key_Space), self)
        space.setAutoRepeat(False)
        space.activated.connect(self._space)

    def _space(self) -> None:
        """Press the button with the keyboard focus, else pause."""
        focus = QApplication.focusWidget()
        if isinstance(focus, QCheckBox):
            focus.toggle()
        elif isinstance(focus, QAbstractButton):
            focus.click()
        else:
            self.pause()

    def pause(self) -> None:
        """Pause or resume (key Space)."""

    # ---- drawing ----

    @property
    def session(self) -> "Session | None":
        """Session on display; None before the first."""
        return None

    def paint(self) -> None:
        """Draw the visible views that have changed, and log new results."""
        session = self.session
        if session is None or not self.isVisible():
            return
        if self._narrator is None or self._narrator.session is not session:
            self._narrator = RunLogger(session)
        self.area.fit_strips(session)
        self.area.paint(session)
        self.line.present(self.status(session))
        for sentence in self._narrator.news():
            self.say(sentence.text, sentence.level, session.time_of(sentence.sample))

    def status(self, session: "Session") -> StatusSnapshot:
        """Return the content of the status line."""
        return session.status.snapshot()

    def set_span(self, seconds: float) -> None:
        """Set the time span of the strip charts, one of `WINDOWS_S`, and show them."""
        self.area.set_window(seconds)
        self.area.docks[STRIPS].show()

    # ---- actions ----

    def ask_for_recording(self) -> None:
        """Ask for a recording and open it."""
        folder = str(self.browser.of_folder.folder) if self.browser.of_folder is not None else ""
        patterns = " ".join(f"*{ending}" for ending in ENDINGS)
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a recording", folder, f"Recordings ({patterns})")
        if chosen:
            self.open_asked.emit(Path(chosen))

    def ask_for_rig(self) -> None:
        """Ask for a rig file and open it in a new window."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a rig", "", "Rig files (*.toml)")
        if chosen:
            self.rig_asked.emit(Path(chosen))

    def import_files(self) -> "ImportDialog":
        """Open the dialog that imports files of other programs; a new recording opens in its own window."""
        folder = str(self.browser.of_folder.folder) if self.browser.of_folder is not None else ""
        from app.gui.dialogs.import_dialog import ImportDialog

        dialog = ImportDialog(folder, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.imported.connect(self.open_asked)
        self.closed.connect(dialog.close)
        dialog.show()
        return dialog

    def ask_for_model(self) -> None:
        """Ask for a file and open its model."""
        folder = str(self.recording.parent) if self.recording is not None else ""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a transmission model", folder, PATTERNS)
        if chosen:
            self.models.open(Path(chosen))

    @property
    def recording(self) -> Path | None:
        """Path of the session's recording."""
        return None

    def save_analysis(self) -> None:
        """Save the results of the views and the selection rules next to the recording."""
        session, recording = self.session, self.recording
        if session is None or recording is None:
            self.say("There is nothing to save yet.", logging.WARNING)
            return

        def save() -> Path:
            from app.gui.windows.saving import save_analysis

            return save_analysis(session, recording)

        def saved(path: Any) -> None:
            self.say(f"Saved {path}")
            self.browser.refresh()

        self.tasks.do(
            save,
            saved,
            lambda error: self.say(f"Cannot save the analysis: {error}", logging.ERROR),
        )

    def decide(self, options: "SessionOptions") -> None:
        """Apply selection rules to every view, keeping the model."""
        if self.session is not None:
            self.session.set_options(replace(options, model=self.session.options.model))

    def release(self) -> None:
        """Stop drawing, and the tasks beside the window."""
        self._timer.stop()
        self.tasks.close()

    def show_keys(self) -> None:
        """Show the list of keyboard shortcuts."""
        views = (_keys_of_tabs(), f"Show {', '.join(tabs())}")
        panels = (f"Alt+1 … Alt+{len(self.docks)}", f"Go to {', '.join(self.docks)}")
        dialog = KeysDialog((*self.keys, views, panels, *COMMON_KEYS), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()


def _keys_of_tabs() -> str:
    return f"Ctrl+1 … Ctrl+{min(len(tabs()), 9)}"


def _float(dock: QDockWidget) -> None:
    dock.setFloating(not dock.isFloating())
