"""Memory that the pictures of a line leave behind: a night has millions of them."""

import gc
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QImage, QPainter, QPen

from app.gui.plots.curve import FEWEST_PIECES, Curve, rounded_up

PICTURES = 300


def test_pictures_of_a_line_with_gaps_leave_nothing_behind(qapp):
    rng = np.random.default_rng(1)
    curve, image = Curve(antialias=False), QImage(100, 50, QImage.Format.Format_ARGB32)
    lines = []
    for n in rng.integers(3, 2000, PICTURES):
        x, y = np.linspace(0, 100, n), rng.uniform(0, 50, n)
        y[n // 2] = np.nan
        lines.append((x, y))

    def draw_all() -> None:
        for x, y in lines:
            curve.set(x, y, QPen())
            painter = QPainter(image)
            curve.paint(painter)
            painter.end()

    blocks = []
    for _ in range(3):
        draw_all()
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert blocks[2] - blocks[1] < PICTURES / 3  # had been an array of PyQt or more a picture


def test_lines_of_any_number_need_arrays_of_few_sizes():
    sizes = {rounded_up(n) for n in range(1, 20_000)}
    assert len(sizes) < 50
    assert all(
        n <= rounded_up(n) <= max(1.25 * n, FEWEST_PIECES * -(-n // FEWEST_PIECES)) for n in range(1, 20_000)
    )
    assert rounded_up(0) == 0


@pytest.mark.parametrize("n", [3, 5, FEWEST_PIECES, 150])
def test_a_line_with_gaps_is_drawn_like_its_pieces(qapp, n):
    rng = np.random.default_rng(n)
    x, y = np.sort(rng.uniform(0, 100, n)), rng.uniform(0, 50, n)
    y[n // 3] = np.nan
    curve = Curve(antialias=False)
    curve.set(x, y, QPen())

    def drawn(draw: Callable[[QPainter], object]) -> QImage:
        image = QImage(100, 50, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        painter.setPen(QPen())
        draw(painter)
        painter.end()
        return image

    def one_by_one(painter: QPainter) -> None:
        for i in np.flatnonzero(np.isfinite(y[:-1] + y[1:])):
            painter.drawLine(QPointF(x[i], y[i]), QPointF(x[i + 1], y[i + 1]))

    assert drawn(curve.paint) == drawn(one_by_one)
