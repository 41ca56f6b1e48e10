"""A night of a tired operator: acts one after the other, and what did not hold after each."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PyQt6.QtCore import QEventLoop, QSettings, QTimer
from PyQt6.QtWidgets import QApplication

from app.config.rig import load_rig
from app.gui.main import Program, application, keep_drawing, process_restored
from app.gui.windows.rig_window import RigWindow
from app.viewmodels.junction_state import ShownState
from tests.support.rig.benches import ServedBench, served_bench
from tests.support.rig.rigs import PATIENCE_S, QUICK
from tests.support.rig.unhurried import UnhurriedClock
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.tired.invariants import Ear, listening, nothing_is_cut, retract_is_whole, words_are_plain
from tests.tired.operator import SIZES, TiredOperator, answers_to_retract

if TYPE_CHECKING:
    from tests.tired.deaths import Fate, MortalBench

PAUSE_MS = 10
LOOK_EVERY, COMPARE_EVERY = 5, 25
"""Acts between two looks at all texts, and between two comparisons with the bench."""
SETTLED_S = 1.0
REST_S = 0.01
"""Rest between two looks at what is waited for: events that come one after the other would take the processor."""
CHOICES = ("getOpenFileName", "getSaveFileName", "getExistingDirectory", "getOpenFileNames")
OVER = ("finished", "aborted", "fault")


@dataclass
class Night:
    """Acts of a night, and the invariants that did not hold."""

    acts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    tell: Callable[[str], object] = lambda fault: None
    """Called with each fault as soon as it is seen."""
    retracted: int = 0
    compared: int = 0

    def note(self, complaints: list[str]) -> None:
        """Keep complaints, each once, with the act before them."""
        for complaint in complaints:
            if not any(complaint in fault for fault in self.faults):
                self.faults.append(f"after act {len(self.acts)}, {self.acts[-1]}: {complaint}")
                self.tell(self.faults[-1])


class Watch:
    """Lets an operator act from the event loop, also inside dialogs that wait, and looks after each act."""

    def __init__(
        self,
        operator: TiredOperator,
        bench: "ServedBench | MortalBench",
        ear: Ear,
        acts: int,
        night: Night,
        fate: "Fate | None" = None,
    ) -> None:
        self.operator, self.bench, self.ear, self.most = operator, bench, ear, acts
        self.night, self.fate = night, fate
        if fate is not None:
            fate.until = self._until
        self._looking = False
        self.loop = QEventLoop()

    def live(self) -> Night:
        """Act until the night is over."""
        QTimer.singleShot(0, self._act)
        self.loop.exec()
        return self.night

    def _act(self) -> None:
        if len(self.night.acts) >= self.most:
            if QApplication.activeModalWidget() is not None:
                QApplication.activeModalWidget().close()  # type: ignore[union-attr]
                QTimer.singleShot(PAUSE_MS, self._act)
            else:
                self.loop.quit()
            return
        QTimer.singleShot(PAUSE_MS, self._act)  # first: an act may wait in a dialog for the next ones
        if self._looking:
            return
        number = len(self.night.acts)
        self.night.acts.append("…")
        try:
            said = self.operator.act()
        except RuntimeError as error:
            if "has been deleted" not in str(error):
                raise
            said = "its window was closed by an act in between"
        self.night.acts[number] = said
        self._looking = True
        try:
            self._look(number, said)
        finally:
            self._looking = False

    def _look(self, number: int, said: str) -> None:
        night, windows = self.night, self.operator.rig_windows
        night.note(self.ear.taken())
        if self.fate is not None:
            night.note(self.fate.judged())
        for window in windows:
            if window.isVisible():
                night.note(retract_is_whole(window))
        if said in ("click RETRACT", "press Esc Esc in a dialog") and any(w.source for w in windows):
            night.note(self._is_safe())
        if number % LOOK_EVERY == 0:
            night.note(words_are_plain())
            self._until(lambda: not nothing_is_cut(), SETTLED_S)  # a layout takes a moment
            night.note(nothing_is_cut())
        if number % COMPARE_EVERY == 0:
            night.note(self._agrees())

    def _is_safe(self) -> list[str]:
        """Complain if the world is not safe soon after RETRACT."""
        self.night.retracted += 1
        before = self.operator.retracted_before
        if not self._until(lambda: any(answers_to_retract(one) > n for one, n in before.items())):
            return ["RETRACT: no window says what came of it"]
        if self.bench.rig.is_safe():
            return []
        return [f"RETRACT: the world is not safe; {self.bench.client.command('state')['held']!r}"]

    def _agrees(self) -> list[str]:
        """Complain of a window that does not show the bench's state soon."""
        self.night.compared += 1
        windows = [w for w in self.operator.rig_windows if w.source is not None and not w._lost]
        return [text for window in windows for text in self._compared(window)]

    def _compared(self, window: RigWindow) -> list[str]:
        def bench() -> dict[int, str]:
            return {job["id"]: job["status"] for job in self.bench.client.command("state")["queue"]}

        def shown() -> dict[int, str]:
            return {number: job["status"] for number, job in window.queue.jobs.items()}

        def agree() -> bool:
            known, seen = bench(), shown()
            return all(seen.get(number) == status for number, status in known.items())

        complaints = [] if self._until(agree) else [f"the bench has {bench()}, a window shows {shown()}"]
        if not self._until(lambda: _word_of(window) in self._words()):
            complaints.append(f"the state is “{_word_of(window)}”; expected {sorted(self._words())}")
        return complaints

    def _words(self) -> set[str]:
        """Return the words that may stand for the state: “retracted” if no run is in progress and the tip is back."""
        if self.bench.client.command("state")["job"] is not None:
            return set(ShownState)
        z_V = self.bench.rig.simulated.bench.outputs["z"]
        safe_V = load_rig(self.bench.rig.file).safe.z_V
        back = abs(z_V - safe_V) < 0.05
        return {ShownState.RETRACTED} if back else set(ShownState) - {ShownState.RETRACTED}

    def _until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        until_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > until_s:
                return False
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            time.sleep(REST_S)
        return True


def _word_of(window: RigWindow) -> str:
    shown = window.rig_line._drawn
    return shown.state if shown is not None else ShownState.UNKNOWN


@contextmanager
def prepared(folder: Path) -> Iterator[None]:
    """Keep whatever the operator does within a folder, and native dialogs away."""
    names = ("RIGS", "PRESETS", "CACHE", "CATALOGUE")
    places = {f"HOTJUNCTION_{name}": str(folder / name.lower()) for name in names}
    with ExitStack() as stack:
        for name in ("STATE_HOME", "RUNTIME_DIR"):
            places[f"XDG_{name}"] = str(folder / name.lower())
        stack.enter_context(patch.dict(os.environ, places))
        for name in CHOICES:
            nothing = (lambda *_: "") if name == "getExistingDirectory" else (lambda *_: ("", ""))
            stack.enter_context(patch(f"PyQt6.QtWidgets.QFileDialog.{name}", nothing))
        stack.enter_context(patch("PyQt6.QtGui.QDesktopServices.openUrl", lambda url: True))
        for module in ("app.acquisition.bench", "app.server.bias_by_hand", "app.acquisition.attended"):
            stack.enter_context(patch(f"{module}.Watchdog", WatchdogWithoutProcess))
        before = Path.cwd()
        os.chdir(folder)
        stack.callback(os.chdir, before)
        yield


def lived(folder: Path, seed: int, acts: int, night: Night, *, deaths: bool = False) -> Night:
    """Let an operator of a seed act on two windows of one simulated rig; return the night with what came of it.

    With ``deaths`` the bench is a process of its own, which is killed, stopped and left without disk or amplifier.
    """
    folder = folder.absolute()
    app = application()
    rng = np.random.default_rng(seed)
    with prepared(folder), process_restored(), listening() as ear, ExitStack() as stack:
        program = Program(app, QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        keep_drawing(program)
        if deaths:
            from tests.tired.deaths import Fate, mortal_bench  # not on Windows

            mortal = stack.enter_context(mortal_bench(folder))
            fate = Fate(mortal, lambda: operator.rig_windows, rng)
            operator = TiredOperator(program, lambda: mortal.connection, rng, folder, fate.acts)
            watch = Watch(operator, mortal, ear, acts, night, fate)
        else:
            bench = stack.enter_context(served_bench(folder, UnhurriedClock()))
            operator = TiredOperator(program, lambda: bench.server.connection, rng, folder)
            watch = Watch(operator, bench, ear, acts, night)
        for _ in range(2):
            operator.open_window()
        watch._until(lambda: all(w.procedures.rig is not None and w.state for w in operator.rig_windows))
        for window in operator.rig_windows:
            window.procedures.form.set({**QUICK, "traces": 3})
            window.resize(*SIZES[0])
        try:
            return watch.live()
        finally:
            with patch("app.gui.windows.rig_window.RigWindow.ask_about_run", _leave):
                program.close()


def _leave(window: RigWindow) -> object:
    from app.gui.dialogs.close_dialog import Parting

    return Parting.LEAVE
