"""The opening that is under way, before the last ones."""

from operator import attrgetter

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.gui.colours import blend
from app.gui.plots.axis import Quantity
from app.gui.plots.layers import Colour, Line
from app.gui.plots.marks import Rule
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range, held, span
from app.gui.plots.strips import CONDUCTANCE
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.current_trace import TraceLine, TraceSnapshot

DISPLACEMENT = Quantity("displacement from the break", "displacement from the break", "nm", letter="Δ<i>z</i>")
TIME = Quantity("time from the break", "time from the break", "s", letter="<i>t</i>")
SAMPLES = Quantity("samples from the break", "samples from the break", letter="<i>n</i>")
ALONG = {"displacement": DISPLACEMENT, "time": TIME, "sample": SAMPLES}
EMPTY = "Each opening of a junction appears here as it is recorded: press Run, or open a recording of traces."
BEHIND = 10
BEFORE_nm, AFTER_nm = 1.0, 2.5
"""What is shown around the break, at least."""
SHOWN_G0 = (3e-7, 30.0)


class TraceView(View[TraceSnapshot]):
    """One plot of log G against displacement, aligned at the break."""

    title = "Trace"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "traces", DISPLACEMENT, CONDUCTANCE, EMPTY, legend=(0.0, 1.0))
        self.break_ = self.panel.add(
            Rule("break", attrgetter("neutral"), at=float("nan"), upright=False, word="break")
        )
        self.behind = [
            self.panel.add(Line(f"{age + 2} ago", _behind(age), z=5.0 - age / 10)) for age in range(BEHIND)
        ]
        self.behind[0].legend_name = "the ones before"
        self.newest = self.panel.add(Line("the last one", attrgetter("data")))
        self.under_way = self.panel.add(Line("under way", attrgetter("accent"), width=1.0, z=12))
        self._shown: Range | None = None
        self._lay_out(QVBoxLayout(self), self.panel)
        self._tell(self.panel)

    def draw(self, snapshot: TraceSnapshot) -> None:
        """Put the newest in front."""
        finished = list(reversed(snapshot.last))
        for layer, line in zip(
            (self.under_way, self.newest, *self.behind),
            (snapshot.under_way, *finished, *[None] * (BEHIND + 2)),
            strict=False,
        ):
            _put(layer, line)
        self.break_.set(snapshot.break_G0)
        self.panel.set_count(f"{snapshot.traces} traces" if snapshot.traces != 1 else "1 trace")
        self._home(snapshot)
        shown = (self.under_way, self.newest, self.behind[0])
        self.panel.set_legend([layer.name for layer in shown if not layer.empty])

    def _home(self, snapshot: TraceSnapshot) -> None:
        lines = [line for line in (snapshot.under_way, *snapshot.last) if line is not None and line.x.size]
        if not lines:
            return
        by_time = lines[-1].axis != "displacement"
        self.panel.set_quantity(self.panel.x_axis, ALONG[lines[-1].axis])
        whole = span(*(line.x for line in lines if line.axis == lines[-1].axis))
        self.panel.set_home(x=held(self._shown, whole) if by_time else (-BEFORE_nm, AFTER_nm), y=SHOWN_G0)
        self._shown = self.panel.home[0] if by_time else None


def _put(layer: Line, line: TraceLine | None) -> None:
    if line is None:
        layer.set([], [])
    else:
        layer.set(line.x, 10.0**line.log10_G)


def _behind(age: int) -> Colour:
    """The older, the closer to the background."""
    return lambda colours: blend(colours.neutral, colours.surface, 0.75 - 0.055 * age)
