"""Every dialog of the window, as the program opens it; a test looks at it while it is open.

``python -m tests.support.gui.dialogs`` prints which texts are cut, as JSON.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PyQt6.QtCore import QSettings, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog, QWidget

from app.acquisition.planned_runs import planned_runs
from app.gui.dialogs.close_dialog import ask_about_run
from app.gui.dialogs.hold_until import ask_condition
from app.gui.dialogs.import_dialog import ImportDialog
from app.gui.dialogs.preview import PreviewDialog
from app.gui.dialogs.questions import asked_text
from app.gui.dialogs.run_settings import delete_own_preset, save_as_preset
from app.gui.main import Program
from app.gui.panels.procedures import ProceduresPanel
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.rig_commands import CLEAR_TRIP
from app.gui.windows.shortcuts import COMMON_KEYS, REPLAY_KEYS, RIG_KEYS, KeysDialog
from procedures.registry import PROCEDURES
from tests.support.gui import fake_bench
from tests.support.gui.cut_texts import cut_texts

Look = Callable[[QDialog], None]


@dataclass(frozen=True)
class Case:
    """A dialog: how it is opened, where the focus is at first, and what Enter does there.

    Parameters
    ----------
    open : callable
        From a parent to the answer; a dialog that does not wait for its user is its own answer.
    first : str
        Text or accessible name of the widget with the first focus.
    enter, escape : Any
        Answers of these keys; None for a dialog that only closes.
    typed : str
        Text to type first, without which there is nothing to answer.
    """

    open: Callable[[QWidget | None, Theme], Any]
    first: str
    enter: Any
    escape: Any = None
    typed: str = ""


def _keys(keys: tuple[tuple[str, str], ...]) -> Callable[[QWidget | None, Theme], QDialog]:
    return lambda parent, theme: KeysDialog((*keys, *COMMON_KEYS), parent)


def _preview(parent: QWidget | None, theme: Theme) -> Any:
    voltages = [0.74, 0.95, 1.08, 1.18, 1.27, 3.0]
    runs = planned_runs(
        "heating",
        [{"amplitudes": [V], "holds": 100, "conductance": 0.002} for V in voltages],
        fake_bench.rig(),
    )
    return PreviewDialog(PROCEDURES["heating"], ["amplitudes"], runs, parent=parent).exec()


def _form(theme: Theme, folder: Path) -> ProceduresPanel:
    panel = ProceduresPanel(theme)
    panel.set_rig(fake_bench.rig())
    panel.presets.folder = folder
    panel.choose("break-junction")
    panel.check()
    return panel


def _save_preset(parent: QWidget | None, theme: Theme) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        save_as_preset(_form(theme, Path(folder)), lambda text, level: None)
        return [path.name for path in Path(folder).iterdir()]


def _delete_preset(parent: QWidget | None, theme: Theme) -> list[str]:
    from app.config.own_presets import save_preset

    with tempfile.TemporaryDirectory() as folder:
        panel = _form(theme, Path(folder))
        run = panel.base()
        save_preset(Path(folder), "slow", run.procedure, run.sample, run.values)
        panel.presets.choose_own("slow")
        delete_own_preset(panel, lambda text, level: None)
        return [path.name for path in Path(folder).iterdir()]


DECLARED = (
    "Set by hand, and believed as rig.toml states it:\n"
    "  Femto DLPCA-200 (rack 2): gain 10 MV/A, low pass 1 kHz, not inverting\n"
    "  Stanford SR560 (on batteries): gain 10 000, low pass 1 kHz, inverting\nIs that so?"
)


def _declared(parent: QWidget | None, theme: Theme) -> bool:
    return Program.ask(SimpleNamespace(), DECLARED)  # type: ignore[arg-type]


DIALOGS: Mapping[str, Case] = {
    "keys of a rig": Case(_keys(RIG_KEYS), "Close", "closed"),
    "keys of a replay": Case(_keys(REPLAY_KEYS), "Close", "closed"),
    "hold": Case(
        lambda parent, theme: ask_condition(parent, ["pressure", "cold_finger"]), "Wait for", "time 20", ""
    ),
    "import": Case(lambda parent, theme: ImportDialog("", parent), "Add files …", "files"),
    "preview of a sweep": Case(_preview, "Runs of the sweep", 0, 0),
    "close during a run": Case(lambda parent, theme: ask_about_run(parent), "Keep running", "leave", "stay"),  # type: ignore[arg-type]
    "save as preset": Case(_save_preset, "Save as preset", ["mine.toml"], [], "mine"),
    "delete preset": Case(_delete_preset, "Cancel", ["slow.toml"], ["slow.toml"]),
    "settings by hand": Case(_declared, "No", False, False),
    "clear trip": Case(
        lambda parent, theme: asked_text(parent, "Clear trip of the watchdog", CLEAR_TRIP, "&Clear trip"),
        "Clear trip of the watchdog",
        "Ada",
        "",
        "Ada",
    ),
}


def look_at(case: Case, theme: Theme, look: Look, parent: QWidget | None = None) -> Any:
    """Open a dialog, look at it, and close it if that has not; return its answer."""
    problems: list[Exception] = []

    def now(dialog: QDialog) -> None:
        try:
            assert QTest.qWaitForWindowActive(dialog)
            look(dialog)
        except Exception as error:
            problems.append(error)
        finally:
            if dialog.isVisible():
                dialog.reject()

    def modal() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            now(dialog)

    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(modal)
    timer.start(20)
    answer = case.open(parent, theme)
    timer.stop()  # it must not find the dialog of another test
    if isinstance(answer, QDialog):
        answer.show()
        now(answer)
        answer.deleteLater()
    if problems:
        raise problems[0]
    return answer


def themed(folder: Path, app: QApplication, choice: Choice) -> Theme:
    """Return the theme of a choice, worn by the program."""
    theme = Theme(QSettings(str(folder / "theme.ini"), QSettings.Format.IniFormat))
    theme.choose(choice)
    theme.dress(app)
    return theme


def main() -> None:
    """Print the size of the screen and the cut texts of each dialog."""
    app, cut = QApplication([]), {}
    with tempfile.TemporaryDirectory() as folder:
        theme = themed(Path(folder), app, Choice.LIGHT)
        for name, case in DIALOGS.items():
            look_at(case, theme, lambda dialog, name=name: cut.update({name: cut_texts(dialog)}))
    size = app.primaryScreen().size()  # type: ignore[union-attr]
    json.dump({"screen": [size.width(), size.height()], "cut": cut}, sys.stdout)


if __name__ == "__main__":
    main()
