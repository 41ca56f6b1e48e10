"""Status line, readable from two metres: safety of the tip, state of the junction, time left."""

from math import isfinite, isinf, isnan

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLayout, QWidget

from analysis.numbers import fixed_decimals
from app.gui.widgets.big_number import BigNumber, PositionReadout
from app.gui.widgets.retract import RetractButton
from app.gui.widgets.snapshot_widget import SnapshotWidget
from app.gui.widgets.theme import LARGE, MEDIUM, SMALL, Theme
from app.viewmodels.junction_state import ShownState
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.status_words import (
    OVER_RANGE,
    conductance_words,
    cycles_word,
    duration,
    progress_text,
    remark,
    signed,
)
from app.viewmodels.wording import with_units

STATE_COLOURS = {
    ShownState.CONTACT: "accent",
    ShownState.PLATEAU: "accent",
    ShownState.HELD: "accent",
    ShownState.FAULT: "danger",
    ShownState.NOT_SAFE: "danger",
}
ALARMING = (ShownState.FAULT, ShownState.NOT_SAFE)
SCALES = tuple(n / 100 for n in range(208, 51, -4))
"""Scale factors of the numbers; the largest that fits is used."""
ALONE = "housing taken back?"
"""Note on an idle tip that drift can reach, also one that an earlier bench has left; the tool tip says why."""
TALL = 640
"""Height of the window in pixels for each unit of scale, so that the line leaves room for the rest."""


class StatusLine(SnapshotWidget[StatusSnapshot]):
    """Main numbers of a run, each at a fixed place."""

    title = "Status"
    background = "window"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        longest = max((state.value for state in ShownState), key=len)
        self.state = BigNumber(theme, "JUNCTION", longest, note="no data for 88 s")
        self.conductance = BigNumber(theme, "CONDUCTANCE", "−8.8×10⁻⁸", "G₀")
        self.bias = BigNumber(theme, "BIAS", "−8.888", "V", note="modulated")
        self.tip = PositionReadout(theme, "TIP", "8888.8", "nm")
        self.progress = BigNumber(theme, "PROGRESS", "88888/88888", "traces", note="88 min left, 8.88 GB")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        self.row.setSpacing(LARGE + SMALL)
        self.row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._scale = 1.0
        self._fill(self.row)
        theme.changed.connect(self.update)

    def _fill(self, row: QHBoxLayout) -> None:
        for readout in self.readouts:
            row.addWidget(readout)
        row.addStretch(1)

    @property
    def readouts(self) -> tuple[BigNumber, ...]:
        """Readouts from left to right."""
        return (self.state, self.conductance, self.bias, self.tip, self.progress)

    def minimumSizeHint(self) -> QSize:
        """Return the size that the smallest numbers need."""
        usual = super().minimumSizeHint()
        return QSize(round(usual.width() * SCALES[-1] / self._scale), usual.height())

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """Scale the numbers to the largest size that fits."""
        super().resizeEvent(ev)
        self.fit()

    def fit(self) -> None:
        """Scale the numbers to the largest size that the width, and the height of the window, allow."""
        estimate = 1.1 * self._scale * self.width() / max(self.row.minimumSize().width(), 1)
        window = self.window()
        most = min(estimate, max((window.height() if window is not None else 0) / TALL, 1.0))
        for factor in (factor for factor in SCALES if factor <= most or factor == SCALES[-1]):
            if factor != self._scale:
                self._scale = factor
                for readout in self.findChildren(BigNumber):
                    readout.scale(factor)
                self.row.invalidate()
            if self.row.minimumSize().width() <= self.width():
                break

    def draw(self, snapshot: StatusSnapshot) -> None:
        """Show the numbers of a snapshot."""
        stale = snapshot.stale_s > 0.0 or snapshot.state in ALARMING
        number = "quiet" if stale else "text"
        self._say_state(snapshot)
        conductance = conductance_words(snapshot.conductance_G0, snapshot.full_scale_G0)
        railed = isinf(snapshot.conductance_G0) and not stale
        self.conductance.unit = "" if conductance == OVER_RANGE else "G₀"
        known = not isnan(snapshot.conductance_G0)
        note = "last known" if stale and known else "railed" if railed else ""
        self.conductance.say(conductance, note, number, "warning" if railed else "quiet")
        if snapshot.modulated:
            self.bias.say(f"±{abs(snapshot.bias_V):.3f}", "modulated", number, "accent")
        else:
            self.bias.say(signed(snapshot.bias_V), "", number if stale else bias_colour(snapshot.bias_V))
        self.tip.point(snapshot.tip_nm, snapshot.tip_range_nm)
        near = "near its limit" if self.tip.near_end else ""
        self.tip.say(fixed_decimals(snapshot.tip_nm, 0.1), near, number, "warning")
        self.progress.unit = cycles_word(snapshot)
        self.progress.say(progress_text(snapshot), remark(snapshot))

    def _say_state(self, snapshot: StatusSnapshot) -> None:
        alarming = snapshot.state in ALARMING
        known = isfinite(snapshot.in_state_s)
        note, colour = duration(snapshot.in_state_s) if known else "", "quiet"
        if alarming and snapshot.message:
            note, colour = with_units(snapshot.message), "danger"
        elif snapshot.stale_s > 0.0:
            note, colour = f"no data for {snapshot.stale_s:.0f} s", "warning"
        elif snapshot.alone:
            note, colour = ALONE, "warning"
        state_colour = (
            "quiet" if snapshot.stale_s > 0.0 and not alarming else STATE_COLOURS.get(snapshot.state, "text")
        )
        self.state.say(snapshot.state.value, note, state_colour, colour)
        self.state.setToolTip(with_units(snapshot.message or snapshot.alone))

    def paintEvent(self, ev: QPaintEvent | None) -> None:
        """Draw the background."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(getattr(self.theme.palette, self.background)))
        painter.end()


class RigStatusLine(StatusLine):
    """Status line of a rig, with the Retract button."""

    retract = pyqtSignal()

    def _fill(self, row: QHBoxLayout) -> None:
        super()._fill(row)
        self.button = RetractButton(self.theme)
        self.button.clicked.connect(self.retract)
        row.addWidget(self.button)


class ReplayStatusLine(StatusLine):
    """Status line of a recording: in another colour and without a Retract button."""

    background = "replay_window"

    def _fill(self, row: QHBoxLayout) -> None:
        self.replay = BigNumber(self.theme, "RECORDING", "REPLAY paused", note="2026-11-21-heating-001.h5")
        self.replay.say("REPLAY", "", "replay")
        row.addWidget(self.replay)
        super()._fill(row)

    def set_speed(self, words: str, name: str) -> None:
        """Show the speed ("20×" or "paused") and the name of the recording."""
        self.replay.say(f"REPLAY {words}".strip(), name, "replay")


def bias_colour(bias_V: float) -> str:
    """Return the name of a bias's text colour; that of 0 V if it is displayed as 0.000."""
    if not isfinite(bias_V) or not round(bias_V, 3):
        return "text"
    return "positive_text" if bias_V > 0 else "negative_text"
