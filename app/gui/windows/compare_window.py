"""Several recordings in one plot: histograms, I-V curves, heat."""

from pathlib import Path

from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.gui.plots.compared import MOST, PANELS, ComparedPanel
from app.gui.software import SOFTWARE
from app.gui.widgets.screen import fit_to_screen
from app.gui.widgets.theme import MEDIUM, Theme
from app.viewmodels.compared import ComparedKind, ComparedRecording, compare_recording, lacking, most_had
from app.viewmodels.recording_loader import Read, RecordingLoader

SIZE = QSize(1000, 680)
LOOK_MS = 50
UNREAD = "Nothing to compare: none of these files can be read."
EMPTY = (
    "Nothing to compare: "
    "none of these recordings has opening traces, I-V curves of held junctions, or heating data."
)


class CompareWindow(QWidget):
    """Tabs for histograms, I-V curves and heating; each recording has its own colour.

    Parameters
    ----------
    theme : Theme
    paths : list of Path
        At most eight are shown.
    read : callable
        Reads and analyses one recording; called in another thread.
    """

    closed = pyqtSignal()

    def __init__(self, theme: Theme, paths: list[Path], read: Read = compare_recording) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wanted = list(dict.fromkeys(paths))
        self.theme, self.paths, self._beyond = theme, wanted[:MOST], wanted[MOST:]
        self.setWindowTitle("hotjunction – " + ", ".join(path.stem for path in self.paths))
        fit_to_screen(self, SIZE)
        self.recordings: list[ComparedRecording] = []
        self.panels: dict[ComparedKind, ComparedPanel] = {}
        self._problems: list[str] = []
        self._done = 0
        self._chosen = False
        self._news = ""
        self._build()
        self.reading = RecordingLoader(self.paths, read)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)
        self.look()

    def _build(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBarClicked.connect(self._choose)
        self.tabs.currentChanged.connect(self._say)
        self.hint = QLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.hint)
        self.pages.addWidget(self.tabs)
        self.message_label = QLabel()
        self.message_label.setWordWrap(True)
        self.message_label.setTextFormat(Qt.TextFormat.PlainText)
        self.message_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress, self.progress_words = QProgressBar(), QLabel()
        self.progress.setRange(0, len(self.paths))
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        policy = self.progress_words.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.progress_words.setSizePolicy(policy)
        below = QHBoxLayout()
        below.setSpacing(MEDIUM)
        below.addWidget(self.progress)
        below.addWidget(self.progress_words, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addWidget(self.pages, 1)
        whole.addWidget(self.message_label)
        whole.addLayout(below)
        QShortcut(QKeySequence("Ctrl+W"), self).activated.connect(self.close)

    def look(self) -> None:
        """Show the recordings that have been read since the last call."""
        results = self.reading.results
        for number in range(self._done, len(results)):
            self._take(number, results[number])
        self._done = len(results)
        over = self._done == len(self.paths)
        if over:
            self._timer.stop()
        self.progress.setValue(self._done)
        progress = self.reading.words
        self.progress_words.setText(progress)
        for widget in (self.progress, self.progress_words):
            widget.setVisible(not over)
        nothing = EMPTY if self.recordings else UNREAD
        self.hint.setText(nothing if over else progress)
        self._say()

    def _take(self, number: int, result: ComparedRecording | str) -> None:
        if isinstance(result, str):
            self._problems.append(result)
            return
        self.recordings.append(result)
        self._problems += result.remarks
        for kind in result.kinds:
            self._panel(kind).add_recording(number, result)
        most = most_had(self.recordings)
        if most is not None and not self._chosen:
            self.tabs.setCurrentWidget(self.panels[most])
        if most is not None:
            self.pages.setCurrentWidget(self.tabs)

    def _panel(self, kind: ComparedKind) -> ComparedPanel:
        """Return the plot of a kind of result, made when the first recording has such a result."""
        if kind not in self.panels:
            made = next(panel for panel in PANELS if panel.kind is kind)(self.theme)
            made.message.connect(self._hear)
            origin = {"Recordings": ", ".join(path.name for path in self.paths), "Software": SOFTWARE}
            made.origin = lambda: origin
            before = sum(panel.kind in self.panels for panel in PANELS[: PANELS.index(type(made))])
            self.panels[kind] = made
            self.tabs.insertTab(before, made, made.tab)
        return self.panels[kind]

    def _choose(self, _: int) -> None:
        """Stop changing tabs automatically once the user has chosen one."""
        self._chosen = True

    def _hear(self, text: str) -> None:
        self._news = text
        self._say()

    def _say(self, *_: object) -> None:
        """Show below the plot: recordings without this result, unreadable files, the last export."""
        shown = self.tabs.currentWidget()
        lines = [lacking(self.recordings, shown.kind)] if isinstance(shown, ComparedPanel) else []
        lines += self._problems
        if self._beyond:
            names = ", ".join(path.name for path in self._beyond)
            lines.append(f"At most {MOST} recordings can be compared; left out: {names}.")
        lines.append(self._news)
        text = "\n".join(line for line in lines if line)
        self.message_label.setText(text)
        self.message_label.setVisible(bool(text))

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Stop reading, without waiting for the file being read."""
        self._timer.stop()
        self.reading.stop()
        super().closeEvent(a0)
        self.closed.emit()
