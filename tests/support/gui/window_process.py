"""A window in a process of its own, for tests that kill it: once attached it says how many cycles of a run it shows.

`python -m tests.support.gui.window_process CONNECTION SETTINGS`
"""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PyQt6.QtCore import QSettings, QTimer
from PyQt6.QtWidgets import QApplication

from app.console.memory import share_pools
from app.gui.bench_launcher import any_bench
from app.gui.main import Program, keep_drawing


def main(connection: Path, settings: Path) -> None:
    share_pools()
    app = QApplication([])
    program = Program(app, QSettings(str(settings), QSettings.Format.IniFormat))
    keep_drawing(program)
    window = program.open_rig(lambda: any_bench(connection))

    def say() -> None:
        if window.source is not None:
            cycles = window.session.status.snapshot().cycles if window.session is not None else 0
            sys.stdout.write(f"{cycles}\n")
            sys.stdout.flush()

    timer = QTimer()
    timer.timeout.connect(say)
    timer.start(20)
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
