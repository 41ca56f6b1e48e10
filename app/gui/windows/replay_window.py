"""Window that replays a recording at any speed."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSettings, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QComboBox

from app.gui.panels.replay_bar import ReplayBar, speed_words
from app.gui.replay_source import ReplaySource
from app.gui.widgets.theme import Theme
from app.gui.windows.panel_window import BOTTOM, LEFT
from app.gui.windows.shortcuts import REPLAY_KEYS
from app.gui.windows.status_line import ReplayStatusLine
from app.gui.windows.window import SessionWindow
from app.viewmodels.empty_recording import EVERYWHERE, in_replay
from app.viewmodels.session import Session

if TYPE_CHECKING:
    from app.gui.windows.lazy_views import MadeView

UP_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
ALL_SEEN = (
    "Strip charts, traces, noise and status show this position. Histograms, I-V and heating keep everything played so "
    "far; press End for the whole recording."
)


class ReplayWindow(SessionWindow):
    """Window of a recording that is played.

    Parameters
    ----------
    theme : Theme
    settings : QSettings
    source : ReplaySource
        Closed with the window.
    """

    kind = "replay"
    keys = REPLAY_KEYS

    def __init__(self, theme: Theme, settings: QSettings, source: ReplaySource) -> None:
        self.replay_line = ReplayStatusLine(theme)
        super().__init__(theme, settings, self.replay_line)
        self.source = source
        self._said = False
        self.bar = ReplayBar(theme)
        self._top.addWidget(self.bar)
        browser = self.add_panel("Recordings", self.browser, BOTTOM)
        log = self.add_panel("Log", self.log, BOTTOM)
        self.tabifyDockWidget(browser, log)
        browser.raise_()
        self.add_panel("Selection", self.selection, LEFT)
        self.setCorner(Qt.Corner.BottomLeftCorner, BOTTOM)
        self._connect_bar()
        self.browser.show_folder(source.path.absolute().parent)
        self.setWindowTitle(f"hotjunction – replay of {source.path.name}")
        self.finish()
        self.area.raise_view_of(source.session)
        self._follow()
        self._explain()
        self.models.look(source.session)
        self.area.setFocus()  # Space plays, rather than press the first button

    def _connect_bar(self) -> None:
        source, bar = self.source, self.bar
        source.moved.connect(self._follow)
        source.went.connect(self._went)
        source.failed.connect(lambda text: self.say(text, logging.ERROR))
        bar.toggled.connect(source.toggle)
        bar.sought.connect(source.seek_time)
        bar.trace_asked.connect(source.step_trace)
        bar.hold_asked.connect(source.step_hold)
        bar.speed_asked.connect(source.set_speed)

    def settle_sizes(self) -> None:
        """Give the list of recordings a few rows and the views the rest; a short window has it beside them."""
        if self.is_short:
            for title in ("Recordings", "Log"):
                self.tabifyDockWidget(self.docks["Selection"], self.docks[title])
            self.docks["Selection"].raise_()
        else:
            rows = min(190, self.height() * 2 // 9)
            self.resizeDocks([self.docks["Recordings"]], [rows], Qt.Orientation.Vertical)
        self.resizeDocks([self.docks["Selection"]], [260], Qt.Orientation.Horizontal)
        super().settle_sizes()

    def _follow(self) -> None:
        state = self.source.state
        self.bar.show_state(state)
        speed = speed_words(state.speed) if state.playing else "paused" if not state.at_end else "at end"
        self.replay_line.set_speed(speed, self.source.path.name)

    @property
    def session(self) -> Session:
        """Session of the recording."""
        return self.source.session

    @property
    def recording(self) -> Path:
        """Path of the recording."""
        return self.source.path

    def pause(self) -> None:
        """Play or pause."""
        self.source.toggle()

    def _bind(self) -> None:
        """Bind keys for the whole window; a text field with the focus keeps those that it needs."""
        super()._bind()
        source = self.source
        for keys, slot in (
            ("Left", lambda: source.step_trace(-1)),
            ("Right", lambda: source.step_trace(1)),
            ("Shift+Left", lambda: source.step_hold(-1)),
            ("Shift+Right", lambda: source.step_hold(1)),
            ("Up", lambda: self.bar.faster(1)),
            ("Down", lambda: self.bar.faster(-1)),
            ("Home", lambda: source.seek_time(0.0)),
            ("End", source.to_end),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(slot)

    def event(self, event: QEvent | None) -> bool:
        """Leave Up and Down to a list with the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            focus = QApplication.focusWidget()
            if event.key() in UP_DOWN and isinstance(focus, (QAbstractItemView, QComboBox)):
                event.accept()
                return True
        return super().event(event)

    def _explain(self) -> None:
        """Show in empty plots what will appear or why they stay empty, and log what the recording lacks."""
        reasons, usual = self.source.reasons, in_replay(self.session.header)

        def explain(title: str, view: "MadeView") -> None:
            for panel in view.panels:
                if panel.title in usual:
                    panel.usual_text = panel.empty_text = usual[panel.title]
                if panel.empty_text:
                    panel.reason = reasons.get(title, reasons.get(EVERYWHERE, ""))

        self.area.views.prepare(explain)
        missing = reasons.get(EVERYWHERE, "")
        if missing:
            self.say(missing, logging.WARNING)

    def paint(self) -> None:
        """Draw the views, except while they are being filled for another position."""
        if not self.source.seeking:
            super().paint()

    def _went(self) -> None:
        super().paint()  # at once, not with the next frame
        if not self._said:
            self._said = True
            self.say(ALL_SEEN)

    def leave(self) -> bool:
        """Close the recording."""
        self.source.close()
        return True
