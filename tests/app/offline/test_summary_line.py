"""The line that a list of recordings shows for its peaks."""

from types import SimpleNamespace

import pytest

from app.offline.summary_line import peaks_line


def analysis(*peaks):
    return SimpleNamespace(
        peaks=[SimpleNamespace(conductance_G0=g, uncertainty_G0=u, trusted=t) for g, u, t in peaks]
    )


@pytest.mark.parametrize(
    ("peaks", "line"),
    [
        ([], "no peak"),
        ([(1.0, 0.01, False)], "no peak"),
        ([(1.0034, 0.0123, True)], "1.003 ± 0.012 G0"),
        (
            [(0.98, 0.011, True), (2.1, 0.1, False), (0.002071, 3.7e-5, True)],
            "0.980 ± 0.011 G0, (2.07 ± 0.04)×10⁻³ G0",
        ),
        ([(float(n), 0.1, True) for n in range(1, 9)], "1.00 ± 0.10 G0, 2.00 ± 0.10 G0, 3.00 ± 0.10 G0"),
    ],
)
def test_trusted_peaks_with_their_errors(peaks, line):
    assert peaks_line(analysis(*peaks)) == line
