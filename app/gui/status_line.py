"""The line that answers from two metres: is the tip safe, what is the junction doing, how long to go."""

from math import floor, isfinite, log10

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.gui.plots.numbers import fixed, minus, significant
from app.gui.plots.view import View
from app.gui.readout import PositionReadout, Readout
from app.gui.retract import RetractButton
from app.gui.theme import LARGE, MEDIUM, SMALL, Theme
from app.views.junction_state import State
from app.views.status_view import StatusSnapshot

UNKNOWN = "–"
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
STATE_COLOURS = {
    State.CONTACT: "accent",
    State.PLATEAU: "accent",
    State.HELD: "accent",
    State.FAULT: "danger",
}


class StatusLine(View[StatusSnapshot]):
    """Numbers of a run, each at its place."""

    title = "Status"
    background = "window"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        longest = max((state.value for state in State), key=len)
        self.state = Readout(theme, "JUNCTION", longest, note="88 min 88 s")
        self.conductance = Readout(theme, "CONDUCTANCE", "−8.8×10⁻⁸", "G₀")
        self.bias = Readout(theme, "BIAS", "−8.888", "V", note="modulated")
        self.tip = PositionReadout(theme, "TIP", "8888.8", "nm")
        self.recording = Readout(theme, "RECORDING", "8.88 GB ", note="888/888 traces, 88 min left")
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        row.setSpacing(LARGE + SMALL)
        self._fill(row)
        theme.changed.connect(self.update)

    def _fill(self, row: QHBoxLayout) -> None:
        for readout in self.readouts:
            row.addWidget(readout)
        row.addStretch(1)

    @property
    def readouts(self) -> tuple[Readout, ...]:
        """From left to right."""
        return (self.state, self.conductance, self.bias, self.tip, self.recording)

    def draw(self, snapshot: StatusSnapshot) -> None:
        """Say the numbers."""
        fault = snapshot.state is State.FAULT
        self.state.say(
            snapshot.state.value,
            snapshot.message if fault and snapshot.message else duration(snapshot.in_state_s),
            STATE_COLOURS.get(snapshot.state, "text"),
            "danger" if fault else "quiet",
        )
        self.state.setToolTip(snapshot.message)
        self.conductance.say(conductance_words(snapshot.conductance_G0))
        bias_V = snapshot.bias_V
        colour = "text" if not bias_V or not isfinite(bias_V) else "positive" if bias_V > 0 else "negative"
        if snapshot.modulated:
            self.bias.say(f"±{abs(bias_V):.3f}", "modulated", "text", "accent")
        else:
            self.bias.say(signed(bias_V), "", colour)
        self.tip.point(snapshot.tip_nm, snapshot.tip_range_nm)
        near = self.tip.near_end
        self.tip.say(fixed(snapshot.tip_nm, 0.1), "near its end" if near else "", note_colour="warning")
        self.recording.say(size(snapshot.recorded_bytes), progress(snapshot))

    def paintEvent(self, ev: QPaintEvent | None) -> None:
        """The background."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(getattr(self.theme.palette, self.background)))
        painter.end()


class RigStatusLine(StatusLine):
    """Of a rig: with the button that makes it safe."""

    retract = pyqtSignal()

    def _fill(self, row: QHBoxLayout) -> None:
        super()._fill(row)
        self.button = RetractButton(self.theme)
        self.button.clicked.connect(self.retract)
        row.addWidget(self.button)


class ReplayStatusLine(StatusLine):
    """Of a recording: in another colour, and without a rig to retract."""

    background = "replay_window"

    def _fill(self, row: QHBoxLayout) -> None:
        self.replay = Readout(self.theme, "RECORDING", "REPLAY 1000×")
        self.replay.say("REPLAY", "", "replay")
        row.addWidget(self.replay)
        super()._fill(row)

    def set_speed(self, words: str, name: str) -> None:
        """How fast which recording is played: "20×" (or "paused"), and its name."""
        self.replay.say(f"REPLAY {words}".strip(), name, "replay")


def conductance_words(conductance_G0: float) -> str:
    """0.00207 as it is; below 10⁻⁴ as a power of ten, with a digit less for a sign, and for a longer exponent."""
    if not isfinite(conductance_G0):
        return UNKNOWN
    if abs(conductance_G0) < 1e-4:
        return significant(conductance_G0, 3 - (conductance_G0 < 0) - (abs(conductance_G0) < 1e-9))
    decimals = max(0, 2 - floor(log10(abs(conductance_G0))))
    return minus(f"{conductance_G0:.{decimals}f}")


def signed(value: float) -> str:
    """Three decimals and always a sign: +0.100."""
    return minus(f"{value:+.3f}") if isfinite(value) else UNKNOWN


def duration(seconds: float) -> str:
    """3.2 s; 4 min 05 s; 2 h 03 min."""
    if not isfinite(seconds):
        return UNKNOWN
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(n_bytes: int) -> str:
    """1.20 GB."""
    for unit, name in SIZES:
        if n_bytes >= unit:
            return f"{significant(n_bytes / unit)} {name}"
    return f"{n_bytes} B"


def progress(snapshot: StatusSnapshot) -> str:
    """How it ended, or how far it is: 63/100 holds, 11 min left."""
    if snapshot.shown_share < 1.0:
        return f"catching up: {floor(100 * snapshot.shown_share)} %"
    if snapshot.ended:
        return snapshot.ended
    of = f"/{snapshot.total_cycles}" if snapshot.total_cycles is not None else ""
    many = "" if snapshot.cycles == 1 and not of else "s"
    words = f"{snapshot.cycles}{of} {snapshot.cycle_name}{many}"
    if isfinite(snapshot.left_s):
        words += f", {left(snapshot.left_s)} left"
    return words


def left(seconds: float) -> str:
    """Time to go, no finer than it is known."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
