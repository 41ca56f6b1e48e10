"""Figures of a report are drawn once; the one for dark pages is the same in other colours."""

import errno
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.records import Trace
from analysis.traces.histogram import BinAxis, Scale, histogram_2d
from analysis.traces.options import DISPLACEMENT_AXIS
from app.figure_style import DARK, LIGHT, PowersOfTen, drawn_in, recoloured, svg_text, write_figure
from app.offline.analyse import analyse_measurement
from app.report import heating_sections
from app.report.figures import histogram_2d_figure, traces_figure
from tests.support.recordings.made_recordings import made_heating, made_iv

ID = re.compile(r"\b[mp][0-9a-f]{10}\b")


def numbered(svg):
    """Replace matplotlib's ids, which are hashes of paths and colours, by their order."""
    order = {name: str(i) for i, name in enumerate(dict.fromkeys(ID.findall(svg)))}
    return ID.sub(lambda match: order[match[0]], svg)


def drawn(draw, style):
    with drawn_in(style):
        return numbered(svg_text(draw(style)))


def test_styles_have_a_colour_of_their_own_for_each_use():
    assert len(LIGHT.colours) == len(DARK.colours)
    assert all(re.fullmatch(r"#[0-9A-Fa-f]{6}", colour) for colour in LIGHT.colours + DARK.colours)
    pairs = set(zip(LIGHT.colours, DARK.colours, strict=True))
    assert len({light for light, _ in pairs}) == len(pairs)  # a light colour has one dark one


def test_a_recoloured_figure_of_heat_is_the_one_drawn_dark(tmp_path, monkeypatch):
    rng, draws = np.random.default_rng(1), []
    made_heating(tmp_path / "heating.h5", rng)
    made_iv(tmp_path / "iv.h5", rng)
    monkeypatch.setattr(heating_sections, "embedded_figure", lambda draw, caption: draws.append(draw))
    heating_sections.heating_sections(analyse_measurement([tmp_path]))
    assert len(draws) == 4
    for draw in draws[::2]:  # the figure of the paper and the junctions; each takes a second or two
        assert recoloured(drawn(draw, LIGHT), LIGHT, DARK) == drawn(draw, DARK)


def test_a_recoloured_figure_of_traces_is_the_one_drawn_dark():
    displacement_m = np.linspace(-0.5e-9, 1e-9, 400)
    traces = [
        Trace(i, (400 * i, 400 * i + 400), displacement_m, 10.0 ** (-4e9 * displacement_m), 0.1, "open", ())
        for i in range(20)
    ]
    counted = histogram_2d(traces, DISPLACEMENT_AXIS, BinAxis(Scale.LOG, 1e-5, 100.0, 70))
    for draw in (
        lambda style: traces_figure(traces, style, 1e-6),
        lambda style: histogram_2d_figure(counted, style),
    ):
        assert recoloured(drawn(draw, LIGHT), LIGHT, DARK) == drawn(draw, DARK)


def test_powers_of_ten_are_plain_text():
    figure = Figure()
    axes = figure.add_subplot()
    axes.loglog([2e-6, 3.0], [2.0, 7.0])
    svg_text(figure)
    label = axes.xaxis.get_major_formatter()
    assert isinstance(label, PowersOfTen)
    assert [label(x) for x in (1e-6, 1.0, 100.0)] == ["10⁻⁶", "10⁰", "10²"]
    shown = [text.get_text() for text in axes.get_yticklabels(which="both")]
    assert "3×10⁰" in shown
    assert not any("$" in text for text in shown)


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_a_full_disk_is_an_error_of_the_system_and_leaves_no_figure(suffix, tmp_path, monkeypatch):
    """matplotlib's writer of PDF had ended in an error of zlib."""

    def full(self, content):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space left"):
        write_figure(Figure(), tmp_path / f"figure.{suffix}")

    assert list(tmp_path.iterdir()) == []
