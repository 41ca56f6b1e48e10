from dataclasses import replace

import numpy as np
import pytest

from app.gui.plots.decimate import parted
from app.gui.plots.strips import StripsView
from app.gui.plots.trace import TraceView
from app.gui.plots.view import View
from app.gui.widgets.theme import Theme
from tests.support.recordings import synthetic


def shown(qtbot, view: View, width: int = 900, height: int = 300) -> View:
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_the_trace_under_way_stands_in_front(qtbot, theme: Theme) -> None:
    view = shown(qtbot, TraceView(theme))
    snapshot = synthetic.traces()
    view.present(snapshot)
    assert snapshot.under_way is not None
    assert view.under_way.x is snapshot.under_way.x
    assert view.newest.x is snapshot.last[-1].x
    assert view.behind[0].x is snapshot.last[-2].x
    assert view.behind[-1].empty == (len(snapshot.last) < 11)
    assert view.panel.count.text == "412 traces"
    by_time = replace(snapshot.last[-1], axis="time", x=snapshot.last[-1].x * 100)
    view.present(replace(snapshot, under_way=None, last=(by_time,)))
    assert view.panel.x_axis.label.toPlainText() == "time from the break (s)"
    assert view.panel.inside.viewRange()[0][1] > 5


def test_traces_fill_their_plot_and_noise_is_a_thin_line(qtbot, theme: Theme) -> None:
    view = shown(qtbot, TraceView(theme))
    snapshot = synthetic.traces()
    assert -3.6 < snapshot.noise_log10_G < -2.9
    view.present(snapshot)
    (left, right), (bottom, _) = view.panel.inside.viewRange()
    seen = [line.x[line.log10_G >= snapshot.noise_log10_G] for line in snapshot.last]
    assert left <= max(min(x.min() for x in seen), -1.0)
    longest = max(x.max() for x in seen)
    assert longest <= right < longest + 0.2 * (right - left)
    assert bottom == pytest.approx(snapshot.noise_log10_G - 1.3)
    for line in (view.newest, view.under_way, *view.behind):
        assert not line.y.size or np.nanmin(line.y) >= 0.999 * 10.0**snapshot.noise_log10_G
    view.present(replace(snapshot, under_way=None))
    assert np.nanmax(view.quiet.y) < 10.0**snapshot.noise_log10_G


def test_noise_is_parted_from_what_is_seen() -> None:
    columns = np.array([-1.0, 0.0, -9.0, -2.0, -9.0, -3.5, -9.0, -9.0])
    seen, quiet = parted(columns, -3.0)
    np.testing.assert_array_equal(seen, [-1.0, 0.0, -3.0, -2.0, *[np.nan] * 4])
    np.testing.assert_array_equal(quiet, [*[np.nan] * 4, -3.5, -3.5, np.nan, np.nan])
    seen, quiet = parted(columns, float("nan"))
    np.testing.assert_array_equal(seen, columns)
    assert np.isnan(quiet).all()


def test_every_strip_tells_its_scale(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme), 900, 260)
    view.present(synthetic.strips())
    for name, panel in view.strips.items():
        size = panel.y_axis.size().height()
        low, high = panel.inside.viewRange()[1]
        room = 7.0 / size * (high - low)
        assert len([x for x in panel.y_axis.ticks if low + room <= x <= high - room]) >= 2, name


def test_noise_does_not_fill_the_strip_of_the_conductance(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    view.noise_log10_G = -3.3
    view.present(synthetic.strips())
    assert np.nanmin(view.lines["log10_G"].y) == pytest.approx(10.0**-3.3)
    assert np.nanmax(view.quiet.y) < 10.0**-3.3
    assert -4.8 < view.strips["log10_G"].inside.viewRange()[1][0] < -4.2


def test_all_gaps_are_shaded(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    gaps = ((-20.0, -18.0), (-9.0, -8.5), (-4.0, -2.0))
    view.present(replace(synthetic.strips(), gaps_s=gaps))
    for marks in view.gaps.values():
        assert list(marks.item.opts["x0"]) == [-20.0, -9.0, -4.0]
        assert list(marks.item.opts["x1"]) == [-18.0, -8.5, -2.0]
        assert marks.item.isVisible()
    view.present(synthetic.strips())
    assert not any(marks.item.isVisible() for marks in view.gaps.values())


def test_only_what_is_recorded_has_a_strip(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    full = synthetic.strips()
    nothing = np.full(full.time_s.size, np.nan)
    only = {name: full.extents[name] for name in ("log10_G", "tip_nm")}
    view.present(replace(full, thermocouple_uV=nothing, bias_V=nothing, extents=only))
    assert [name for name, panel in view.strips.items() if panel.isVisible()] == ["log10_G", "tip_nm"]
    assert view.strips["tip_nm"].x_axis.label.isVisible()  # the time
    assert not view.strips["log10_G"].x_axis.label.isVisible()
    view.present(synthetic.strips(seconds=33.0))
    assert all(panel.isVisible() for panel in view.strips.values())
    assert not view.strips["tip_nm"].x_axis.label.isVisible()
    view.strips["bias_V"].inside.setXRange(-5.0, -1.0, padding=0)
    assert view.strips["log10_G"].inside.viewRange()[0] == pytest.approx([-5.0, -1.0])


def test_a_channel_beyond_the_roles_gets_a_strip_when_it_first_comes(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme), height=600)
    snapshot = synthetic.strips()
    view.present(snapshot)
    assert "base_temperature" not in view.strips
    kelvin = np.full(snapshot.time_s.size, 300.0)
    extents = {**snapshot.extents, "base_temperature": (300.0, 300.0)}
    more = replace(
        snapshot, extras={"base_temperature": kelvin}, units={"base_temperature": "K"}, extents=extents
    )

    view.present(more)

    panel = view.strips["base_temperature"]
    assert panel.isVisible()
    assert view.lines["base_temperature"].y is kelvin
    assert panel.x_axis.label.isVisible(), "it is the last: the time stands below it"
    low, high = panel.inside.viewRange()[1]
    assert low < 300.0 < high
    view.present(snapshot)
    assert not panel.isVisible()
