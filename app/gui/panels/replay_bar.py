"""Controls of a replay: play, pause, position, speed, steps by trace and by hold."""

from math import inf, isinf

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app.gui.widgets.icons import pause_icon, play_icon
from app.gui.widgets.theme import LARGE, MEDIUM, SMALL, Theme, tabular
from app.replay.growing_recording import UNKNOWN_RATE_HZ
from app.replay.player import PlayerState

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, inf)
STEPS = 10_000


class ReplayBar(QWidget):
    """Bar with buttons, slider and position; the keyboard shortcuts belong to the window.

    Parameters
    ----------
    theme : Theme
    """

    toggled = pyqtSignal()
    sought = pyqtSignal(float)
    """Seconds since the beginning."""
    trace_asked = pyqtSignal(int)
    hold_asked = pyqtSignal(int)
    speed_asked = pyqtSignal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.state: PlayerState | None = None
        self.play = self._word("", "Play (Space)", self.toggled.emit)
        self._draw_play()
        theme.changed.connect(self._draw_play)
        self.trace_back = self._word("◂ trace", "Previous trace (Left)", lambda: self.trace_asked.emit(-1))
        self.trace_on = self._word("trace ▸", "Next trace (Right)", lambda: self.trace_asked.emit(1))
        self.hold_back = self._word("◂ hold", "Previous hold (Shift+Left)", lambda: self.hold_asked.emit(-1))
        self.hold_on = self._word("hold ▸", "Next hold (Shift+Right)", lambda: self.hold_asked.emit(1))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName("position in the recording")
        self.slider.setToolTip("Position in the recording (Home, End)")
        self.slider.sliderMoved.connect(self._seek)
        self.slider.actionTriggered.connect(self._clicked)
        self.speed = QComboBox()
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.speed.setToolTip("Speed of the replay relative to real time (Up, Down)")
        for speed in SPEEDS:
            self.speed.addItem(speed_words(speed), speed)
        self.speed.activated.connect(lambda: self.speed_asked.emit(float(self.speed.currentData())))
        self.time, self.where = QLabel(), QLabel()
        for label, widest in (
            (self.time, "sample 888 888 / 888 888"),
            (self.where, "trace 88888/88888 · hold 8888/8888"),
        ):
            label.setFont(tabular(label.font()))
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        row.setSpacing(MEDIUM)
        row.addWidget(self.play)
        row.addWidget(self.time)
        row.addWidget(self.slider, 1)
        row.addWidget(self.where)
        for button in (self.trace_back, self.trace_on, self.hold_back, self.hold_on):
            row.addWidget(button)
        row.addWidget(self.speed)

    def _draw_play(self) -> None:
        playing = self.state is not None and self.state.playing
        self.play.setIcon((pause_icon if playing else play_icon)(self.theme.palette.text))

    def _word(self, text: str, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: slot())  # type: ignore[operator]
        return button

    def show_state(self, state: PlayerState) -> None:
        """Show position, speed and play state."""
        before, self.state = self.state, state
        if before is None or before.playing != state.playing:
            self._draw_play()
            self.play.setToolTip("Pause (Space)" if state.playing else "Play (Space)")
        if not self.slider.isSliderDown() and state.duration_s > 0:
            self.slider.setValue(round(STEPS * state.time_s / state.duration_s))
        self.time.setText(position(state))
        self.where.setText(where(state))
        self.speed.setCurrentIndex(max(self.speed.findData(state.speed), 0))
        for button, (_, total), names in (
            (self.trace_back, state.traces, "traces"), (self.trace_on, state.traces, "traces"),
            (self.hold_back, state.holds, "holds"), (self.hold_on, state.holds, "holds"),
        ):  # fmt: skip
            button.setEnabled(total > 0)
            if not total:
                button.setToolTip(f"This recording has no {names}.")

    def faster(self, steps: int) -> None:
        """Change the speed by a number of steps; negative steps are slower."""
        number = min(max(self.speed.currentIndex() + steps, 0), len(SPEEDS) - 1)
        self.speed.setCurrentIndex(number)
        self.speed_asked.emit(SPEEDS[number])

    def _seek(self, value: int) -> None:
        if self.state is not None:
            self.sought.emit(self.state.duration_s * value / STEPS)

    def _clicked(self, action: int) -> None:
        if action != QSlider.SliderAction.SliderMove.value:
            self._seek(self.slider.sliderPosition())


def speed_words(speed: float) -> str:
    """Format a speed: "20×" or "fastest"."""
    return "fastest" if isinf(speed) else f"{speed:g}×"


def elapsed_text(seconds: float) -> str:
    """Format a time: "12:05", "1:02:03"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def position(state: PlayerState) -> str:
    """Return the position as "12:05 / 19:44", or in samples if the recording lacks its rate."""
    if state.timed:
        return f"{elapsed_text(state.time_s)} / {elapsed_text(state.duration_s)}"
    first = state.stop - round(state.duration_s * UNKNOWN_RATE_HZ)
    counts = (f"{count:,}".replace(",", "\u202f") for count in (state.sample - first, state.stop - first))
    return "sample " + " / ".join(counts)


def where(state: PlayerState) -> str:
    """Return "trace 3/120 · hold 1/8": numbers of the current cuts or, between cuts, of the last."""
    parts = []
    for name, cut, (past, total) in (("trace", state.trace, state.traces), ("hold", state.hold, state.holds)):
        if total:
            parts.append(f"{name} {cut.number + 1 if cut is not None else past}/{total}")
    return " · ".join(parts)
