"""The window of a recording: every view as it was, at any speed."""

import logging
from pathlib import Path

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QKeyEvent

from app.gui.keys import REPLAY_KEYS
from app.gui.panels.replay_bar import ReplayBar, speed_words
from app.gui.replay import ReplaySource
from app.gui.rig_window import TAB_OF
from app.gui.status_line import ReplayStatusLine
from app.gui.theme import Theme
from app.gui.window import BOTTOM, LEFT, Window
from app.views.session import Session


class ReplayWindow(Window):
    """A recording that is played.

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
        procedure = source.session.header.procedure
        self.setWindowTitle(f"hotjunction – replay of {source.path.name}")
        self.finish()
        kind = "heating" if procedure.startswith("control") else procedure
        self.area.raise_tab(TAB_OF.get(kind, 1))
        self._follow()
        self.models.look(source.session)

    def _connect_bar(self) -> None:
        source, bar = self.source, self.bar
        source.moved.connect(self._follow)
        source.failed.connect(lambda text: self.say(text, logging.ERROR))
        bar.toggled.connect(source.toggle)
        bar.sought.connect(source.seek_time)
        bar.trace_asked.connect(source.step_trace)
        bar.hold_asked.connect(source.step_hold)
        bar.speed_asked.connect(source.set_speed)

    def settle_sizes(self) -> None:
        """A few rows of the recordings."""
        self.resizeDocks([self.docks["Recordings"]], [190], Qt.Orientation.Vertical)
        self.resizeDocks([self.docks["Selection"]], [260], Qt.Orientation.Horizontal)
        super().settle_sizes()

    def _follow(self) -> None:
        state = self.source.state
        self.bar.show_state(state)
        words = speed_words(state.speed) if state.playing else "paused" if not state.at_end else "at end"
        self.replay_line.set_speed(words, self.source.path.name)

    @property
    def session(self) -> Session:
        """Of the recording."""
        return self.source.session

    @property
    def recording(self) -> Path:
        """The one that is played."""
        return self.source.path

    def pause(self) -> None:
        """Play, or pause."""
        self.source.toggle()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        """Keys that nothing else has taken."""
        assert a0 is not None
        shift = bool(a0.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = self.source.step_hold if shift else self.source.step_trace
        match a0.key():
            case Qt.Key.Key_Left:
                step(-1)
            case Qt.Key.Key_Right:
                step(1)
            case Qt.Key.Key_Up:
                self.bar.faster(1)
            case Qt.Key.Key_Down:
                self.bar.faster(-1)
            case Qt.Key.Key_Home:
                self.source.seek_time(0.0)
            case Qt.Key.Key_End:
                self.source.to_end()
            case _:
                super().keyPressEvent(a0)
                return
        a0.accept()

    def leave(self) -> bool:
        """Let go of the recording."""
        self.source.close()
        return True
