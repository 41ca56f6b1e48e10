"""Render every view, window, state and kind of trouble, light and dark: ``python -m tests.screenshots DIR``.

Look at them. ``python -m tests.screenshots docs/images --docs`` renews the pictures of the
documentation. The widgets are the program's own. Break junctions are those of a short run of the simulated rig
(``tests.support.recordings.recorded_run``), other numbers are made up (``tests.support.recordings.synthetic``).
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication, QWidget

from app.gui.plots.heating import HeatingPlot
from app.gui.plots.histogram import HistogramPlot
from app.gui.plots.iv import IVPlot
from app.gui.plots.noise import NoisePlot
from app.gui.plots.peltier import PeltierPlot
from app.gui.plots.statistics import StatisticsPlot
from app.gui.plots.strips import StripsView
from app.gui.plots.thermal_conductance import ThermalConductancePlot
from app.gui.plots.thermopower import ThermopowerPlot
from app.gui.plots.trace import TraceView
from app.gui.plots.transmission import TransmissionPlot
from app.gui.plots.view import View
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.compare_window import CompareWindow
from app.gui.windows.rig_window import RigWindow
from app.gui.windows.status_line import ReplayStatusLine, RigStatusLine
from app.gui.windows.window import SessionWindow
from app.viewmodels.junction_state import ShownState
from app.viewmodels.registry import tabs
from tests.support.gui import commissioning, failures, windows
from tests.support.gui.dialogs import DIALOGS, Case, look_at
from tests.support.gui.fake_bench import instruments, job, state
from tests.support.recordings import compared_recordings, recorded_run, synthetic

LARGE, DOCK, WINDOW, COMPARE = (1400, 900), (480, 300), (1500, 940), (1000, 680)
LAPTOP, NETBOOK = (1366, 768), (1024, 600)
Size = tuple[int, int]
DOCUMENTED = {"gui-live": "window-live", "gui-heating": "window-heating", "gui-replay": "window-replay"}
"""Pictures of the documentation, light and of `WINDOW` size, by the names of their files."""
Maker = Callable[[Theme], QWidget]


def shown(kind: Callable[[Theme], View], snapshot: object) -> Maker:
    """A view that shows a snapshot as soon as it is seen."""

    def make(theme: Theme) -> QWidget:
        view = kind(theme)
        if snapshot is not None:
            view.present(snapshot)
        return view

    return make


def replay(theme: Theme) -> QWidget:
    line = ReplayStatusLine(theme)
    line.set_speed("20×", "2026-11-20 heating 3")
    line.present(synthetic.status(modulated=False, bias_V=-1.08))
    return line


def recorded(kind: Callable[[Theme], View], name: str) -> Maker:
    """A view of a run of the simulated rig."""

    def make(theme: Theme) -> QWidget:
        session, view = recorded_run.session(), kind(theme)
        if isinstance(view, StripsView):
            view.noise_log10_G = session.trace.snapshot().noise_log10_G
        view.present(getattr(session, name).snapshot())
        return view

    return make


def linear_histogram(theme: Theme) -> QWidget:
    view = HistogramPlot(theme)
    view.panel.set_log(view.panel.x_axis, log=False)
    view.present(recorded_run.session().histogram.snapshot())
    return view


def blank_settings() -> QSettings:
    settings = QSettings(
        str(Path(tempfile.gettempdir()) / "hotjunction-pictures.ini"), QSettings.Format.IniFormat
    )
    settings.clear()
    return settings


def rig_shown(tab: int, procedure: str) -> Maker:
    """A whole window of a rig, on one of its tabs."""

    def make(theme: Theme) -> QWidget:
        return windows.rig_window(
            theme, blank_settings(), windows.made_session(), tab, procedure, windows.JOBS, windows.SENTENCES
        )

    return make


def not_safe(theme: Theme) -> QWidget:
    """The worst that can happen."""
    ended = job(2, "fault", cycles=63, safe=False, reason="the card does not answer")
    window = windows.rig_window(
        theme, blank_settings(), windows.made_session(), 3, "heating", (ended,), windows.SENTENCES
    )
    unsafe = {
        "held": "the rig may not be safe",
        "unsafe": "Job 2 has ended, and the rig could not be made safe.",
    }
    window._told("state", {**state(ended), **unsafe})
    return window


def commissioning_shown(content: Callable[[], dict[str, Any]]) -> Maker:
    """A whole window of a rig that is commissioned."""

    def make(theme: Theme) -> QWidget:
        made = content()
        jobs = (job(1, "running", procedure="commission", cycles=8, total=15, repeats="steps", left_s=200.0),)
        window = windows.rig_window(
            theme,
            blank_settings(),
            windows.made_session(),
            0,
            "heating",
            jobs if made["job"] else (),
            windows.SENTENCES,
        )
        window._told("instruments", instruments(windows.BUSY if made["job"] else "", bias_V=0.1))
        window.commission()
        window._told("commission", made)
        return window

    return make


def run_shown(tab: int) -> Maker:
    """A whole window of a run of the simulated rig."""

    def make(theme: Theme) -> QWidget:
        session = recorded_run.session()
        said = ("Break junction, job 1, records to /data/2026-11-21-break-junction-001.h5",)
        window = windows.rig_window(
            theme, blank_settings(), session, tab, "break-junction", recorded_run.jobs(), said
        )
        now = session.status.snapshot()
        known = instruments(windows.BUSY, z_V=now.tip_nm / 10.0, bias_V=now.bias_V)
        window._told("instruments", known)
        return window

    return make


def idle(theme: Theme) -> QWidget:
    return RigWindow(theme, blank_settings())


def replay_shown(theme: Theme) -> QWidget:
    folder = Path(tempfile.gettempdir())
    session = windows.made_session(status=synthetic.status(modulated=False, bias_V=-1.08))
    source = windows.MadeReplay(folder / "2026-11-21-heating-001.h5", session)
    return windows.replay_window(theme, blank_settings(), source)


def compare(*names: str) -> Maker:
    """A window of several recordings, all of them read."""

    def make(theme: Theme) -> QWidget:
        paths = [Path(f"2026-11-{21 + i}-{name}.h5") for i, name in enumerate(names)]
        window = CompareWindow(theme, paths, compared_recordings.made)
        window.reading.join()
        window.look()
        return window

    return make


def failure(name: str) -> Maker:
    """A window in trouble."""
    return lambda theme: failures.FAILURES[name](theme, blank_settings())


def pictures() -> Mapping[str, tuple[Maker, tuple[Size, ...]]]:
    """Images to render, and their sizes."""
    both = (LARGE, DOCK)
    fault = synthetic.status(
        state=ShownState.FAULT, message="the amplifier does not answer", conductance_G0=3.1e-6, tip_nm=792.0,
        modulated=False, bias_V=0.0, total_cycles=None, left_s=float("nan"),
    )  # fmt: skip
    return {
        "strips": (recorded(StripsView, "strips"), ((1400, 420), DOCK)),
        "strips-modulated": (shown(StripsView, synthetic.strips()), ((1400, 420),)),
        "trace": (recorded(TraceView, "trace"), both),
        "histogram": (recorded(HistogramPlot, "histogram"), (LARGE, (760, 300))),
        "histogram-linear": (linear_histogram, (LARGE,)),
        "iv": (shown(IVPlot, synthetic.iv()), both),
        "heating": (shown(HeatingPlot, synthetic.heating()), (LARGE, (760, 300))),
        "heating-few": (shown(HeatingPlot, synthetic.few_holds()), (LARGE, (800, 380))),
        "transmission": (shown(TransmissionPlot, synthetic.transmission()), both),
        "noise": (shown(NoisePlot, synthetic.noise()), both),
        "statistics": (shown(StatisticsPlot, synthetic.statistics()), both),
        "thermopower": (shown(ThermopowerPlot, synthetic.thermopower()), both),
        "thermal-conductance": (shown(ThermalConductancePlot, synthetic.thermal_conductance()), both),
        "peltier": (shown(PeltierPlot, synthetic.peltier()), both),
        "empty": (shown(HeatingPlot, None), ((1000, 500),)),
        **{
            f"tab-{title.lower().replace(' ', '-')}": (rig_shown(i, "heating"), (LAPTOP, NETBOOK))
            for i, title in enumerate(tabs())
        },
        "status": (shown(RigStatusLine, synthetic.status()), ((1400, 72),)),
        "status-fault": (shown(RigStatusLine, fault), ((1400, 72),)),
        "status-replay": (replay, ((1400, 72),)),
        "window-live": (run_shown(0), (WINDOW,)),
        "window-histogram": (run_shown(1), (WINDOW, (1280, 800), (1180, 760))),
        "window-heating": (rig_shown(3, "heating"), (WINDOW, (1920, 1080), LAPTOP, NETBOOK)),
        "window-not-safe": (not_safe, (WINDOW,)),
        "commissioning": (commissioning_shown(commissioning.report), (LAPTOP, NETBOOK)),
        "commissioning-asks": (commissioning_shown(commissioning.asking), (LAPTOP, NETBOOK)),
        "commissioning-failed": (commissioning_shown(commissioning.failed), (LAPTOP,)),
        "commissioning-ended": (commissioning_shown(commissioning.ended), (LAPTOP, WINDOW)),
        "window-starting": (idle, (WINDOW,)),
        "window-replay": (replay_shown, (WINDOW, LAPTOP, NETBOOK)),
        "compare-iv": (compare("bdnc-iv", "bda-iv", "bdt-iv", "bdnc-heating"), (COMPARE, (640, 420))),
        "compare-heat": (compare("bdnc-heating", "bda-heating", "bdt-heating"), (COMPARE,)),
        "compare-histograms": (compare("bdnc-break", "bda-break", "bdt-break"), (COMPARE,)),
        "compare-eight": (compare(*(f"{m}-iv{i}" for m in ("bdnc", "bda") for i in range(4))), (COMPARE,)),
        **{f"failure-{name}": (failure(name), (LAPTOP,)) for name in failures.FAILURES},
    }


def render(
    folder: Path, names: Collection[str], looks: Sequence[Choice] = (Choice.LIGHT, Choice.DARK)
) -> list[Path]:
    """Write all pictures (or those named); returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    written = []
    with tempfile.TemporaryDirectory() as settings:
        for choice in looks:
            theme = Theme(QSettings(str(Path(settings) / "theme.ini"), QSettings.Format.IniFormat))
            theme.choose(choice)
            theme.dress(app)
            for name, (make, sizes) in pictures().items():
                if names and name not in names:
                    continue
                for width, height in sizes:
                    widget = make(theme)
                    widget.resize(width, height)
                    widget.show()
                    app.processEvents()
                    app.processEvents()
                    if isinstance(widget, SessionWindow):
                        windows.settle(widget, app)
                    written.append(folder / f"{name}-{width}-{choice.value}.png")
                    widget.grab().save(str(written[-1]))
                    widget.close()
                    widget.deleteLater()
                    app.processEvents()
            written += draw_dialogs(folder, names, theme)
    return written


def draw_dialogs(folder: Path, names: Collection[str], theme: Theme) -> list[Path]:
    """Write the dialogs (or those named) at their first size; returns their files."""
    written = []
    for name, case in dialogs().items():
        if not names or name in names:
            written.append(folder / f"{name}-{theme.choice.value}.png")
            look_at(case, theme, lambda dialog: dialog.grab().save(str(written[-1])))
    return written


def dialogs() -> Mapping[str, Case]:
    """Dialogs by the names of their pictures."""
    return {f"dialog-{name.replace(' ', '-')}": case for name, case in DIALOGS.items()}


def document(folder: Path) -> list[Path]:
    """Write the pictures of the documentation; returns their files."""
    with tempfile.TemporaryDirectory() as made:
        render(Path(made), DOCUMENTED.values(), (Choice.LIGHT,))
        width = WINDOW[0]
        return [
            Path(shutil.copy(Path(made) / f"{name}-{width}-light.png", folder / f"{file}.png"))
            for file, name in DOCUMENTED.items()
        ]


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.screenshots", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder for the pictures")
    names = (*pictures(), *dialogs())
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"pictures (all without): {', '.join(names)}"
    )
    parser.add_argument(
        "--docs", action="store_true", help="only the pictures of the documentation, under their names"
    )
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in names]
    if unknown:
        parser.error(f"there is no picture {', '.join(unknown)}; there are {', '.join(names)}")
    for picture in document(asked.folder) if asked.docs else render(asked.folder, asked.names):
        sys.stdout.write(f"{picture}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
