"""Dialog that imports files of other programs: what is known of them, a preview, and the new recording."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from analysis.importers import ForeignFile
from analysis.importers.options import MEANINGS, Orientation
from analysis.importers.registry import IMPORTERS
from analysis.recording import RecordingError
from analysis.recording.names import demand_free
from analysis.shared_files import write_file
from app.acquisition.import_files import headline, preview, summary, understood
from app.config.import_profile import ImportProfile, load_profile
from app.config.toml import FileError
from app.gui.background import Tasks
from app.gui.widgets.theme import LARGE, MEDIUM, SMALL
from app.viewmodels.import_form import ARRANGEMENTS, FIELDS, FORMATS, profile_in, texts_of

_REFUSALS = (ForeignFile, FileError, RecordingError, OSError)


class ImportDialog(QDialog):
    """Form of an import.

    A preview shows what is understood of the files before anything is written; each change of the form makes a new
    preview necessary.
    """

    imported = pyqtSignal(object)
    """Path of a new recording."""

    def __init__(self, folder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import files of other programs")
        self.resize(900, 560)
        self.paths: list[Path] = []
        self._folder = folder
        self._beneath: ImportProfile | None = None
        self._tasks = Tasks("import")
        self.files = QLabel("No files chosen")
        self.files.setWordWrap(True)
        self.add_button = QPushButton("Add &files …")
        self.format, self.orientation = QComboBox(), QComboBox()
        for name in ("auto", *IMPORTERS):
            self.format.addItem(FORMATS.get(name, name), name)
        for orientation in Orientation:
            self.orientation.addItem(ARRANGEMENTS[orientation], orientation.value)
            tip = f"{MEANINGS[orientation][0].upper()}{MEANINGS[orientation][1:]}"
            self.orientation.setItemData(self.orientation.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.edits = {field.key: QLineEdit() for field in FIELDS}
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setPlaceholderText(
            "What is understood of the files stands here before anything is written."
        )
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.preview_button = QPushButton("&Preview")
        self.import_button = QPushButton("&Import …")
        self._lay_out()
        self._connect()
        self._forget()
        self.add_button.setFocus()

    def add(self, paths: list[Path]) -> None:
        """Add files or folders to those that are imported, and preview them."""
        self.paths += [path for path in paths if path not in self.paths]
        self.files.setText(", ".join(path.name for path in self.paths) or "No files chosen")
        self._forget()
        if self.paths:
            self.show_preview()

    def profile(self) -> ImportProfile:
        """Return the profile in the form. Raises `FileError`."""
        texts = {key: edit.text() for key, edit in self.edits.items()}
        return profile_in(texts, self.format.currentData(), self.orientation.currentData(), self._beneath)

    def set_profile(self, profile: ImportProfile) -> None:
        """Fill the form; keys that it does not show are kept."""
        self._beneath = profile
        for key, text in texts_of(profile).items():
            self.edits[key].setText(text)
        self.format.setCurrentIndex(self.format.findData(profile.format))
        self.orientation.setCurrentIndex(self.orientation.findData(profile.orientation.value))

    def show_preview(self) -> None:
        """Read the files and show what is understood of them."""
        profile, paths = self._checked(self.profile), list(self.paths)
        if profile is None:
            return

        def work(profile: ImportProfile = profile) -> list[str]:
            with understood(paths, profile) as content:
                return preview(content)

        def done(lines: list[str]) -> None:
            self._say("Nothing is written yet.")
            self.text.setPlainText("\n".join(lines))
            self.import_button.setEnabled(True)
            self._next_step()

        self._do("Reading …", work, done)

    def write(self, out: Path) -> None:
        """Import the files to a new recording."""
        profile, paths = self._checked(self.profile), list(self.paths)
        if profile is None:
            return

        def work(profile: ImportProfile = profile) -> list[str]:
            demand_free(out)
            with understood(paths, profile) as content:
                stored = content.write(out)
                return [headline(content, out, stored), *summary(content)]

        def done(lines: list[str]) -> None:
            self._say(f"{out.name} is written.")
            self.text.setPlainText("\n".join(lines))
            self.imported.emit(out)

        self._do("Writing …", work, done)

    def open_profile(self, path: Path) -> None:
        """Fill the form from a profile."""
        profile = self._checked(lambda: load_profile(path))
        if profile is not None:
            self.set_profile(profile)

    def save_profile(self, path: Path) -> None:
        """Write the form to a profile."""
        profile = self._checked(self.profile)
        if profile is not None:
            try:
                write_file(path, profile.to_toml())
            except OSError as error:
                self._say(f"{path} can't be written: {error.strerror}.")
            else:
                self._say(f"{path.name} is written.")

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Drop a preview that is still being read."""
        self._tasks.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Format", self.format)
        form.addRow("Arrangement", self.orientation)
        for field in FIELDS:
            self.edits[field.key].setPlaceholderText(field.example)
            self.edits[field.key].setToolTip(field.help)
            form.addRow(field.label, self.edits[field.key])
        form.setHorizontalSpacing(MEDIUM)
        form.setVerticalSpacing(SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        beside = QHBoxLayout()
        beside.setSpacing(LARGE)
        beside.addLayout(form, 1)
        beside.addWidget(self.text, 1)
        folder_button = _button("Add f&older …", self._ask_for_folder)
        open_button = _button("Open p&rofile …", self._ask_for_profile)
        save_button = _button("&Save profile …", self._ask_where_to_keep_the_profile)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        whole.setSpacing(MEDIUM)
        whole.addLayout(_row(self.add_button, folder_button, self.files))
        whole.addLayout(beside, 1)
        whole.addWidget(self.message)
        whole.addLayout(_row(open_button, save_button, QLabel(), self.preview_button, self.import_button))

    def _connect(self) -> None:
        self.add_button.clicked.connect(self._ask_for_files)
        self.preview_button.clicked.connect(self.show_preview)
        self.import_button.clicked.connect(self._ask_where_to_import)
        for edit in self.edits.values():
            edit.textChanged.connect(self._forget)
        self.format.currentIndexChanged.connect(self._forget)
        self.orientation.currentIndexChanged.connect(self._forget)

    def _forget(self, *_: Any) -> None:
        """Demand a new preview."""
        self.import_button.setEnabled(False)
        self.preview_button.setEnabled(bool(self.paths))
        self._next_step()

    def _next_step(self) -> None:
        """Let Enter do what comes next: add files, preview them, import them."""
        steps = (self.import_button, self.preview_button, self.add_button)
        next(button for button in steps if button.isEnabled()).setDefault(True)

    def _checked(self, get: Callable[[], ImportProfile]) -> ImportProfile | None:
        try:
            return get()
        except _REFUSALS as error:
            self._say(str(error))
            return None

    def _do(self, saying: str, work: Callable[[], list[str]], done: Callable[[list[str]], None]) -> None:
        self._say(saying)
        self.preview_button.setEnabled(False)
        self.import_button.setEnabled(False)

        def finished(lines: list[str]) -> None:
            self.preview_button.setEnabled(True)
            done(lines)

        def failed(error: Exception) -> None:
            self.preview_button.setEnabled(True)
            self.text.clear()
            self._say(str(error) if isinstance(error, _REFUSALS) else f"Internal error: {error!r}")

        self._tasks.do(work, finished, failed)

    def _say(self, text: str) -> None:
        self.message.setText(text)

    def _ask_for_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Files to import", self._folder)
        if chosen:
            self.add([Path(path) for path in chosen])

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder to import", self._folder)
        if chosen:
            self.add([Path(chosen)])

    def _ask_for_profile(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Import profile", self._folder, "Profiles (*.toml)")
        if chosen:
            self.open_profile(Path(chosen))

    def _ask_where_to_keep_the_profile(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Import profile", self._folder, "Profiles (*.toml)")
        if chosen:
            self.save_profile(Path(chosen))

    def _ask_where_to_import(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "New recording", self._folder, "Recordings (*.h5)")
        if chosen:
            self.write(Path(chosen).with_suffix(".h5"))


def _button(text: str, pressed: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(pressed)
    return button


def _row(*parts: QWidget) -> QHBoxLayout:
    """Return a row in which labels take the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(MEDIUM)
    for part in parts:
        row.addWidget(part, int(isinstance(part, QLabel)))
    return row
