"""Files of oscilloscopes whose header above the samples tells names, units and rate, each as its maker writes it."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers import ImportOptions
from analysis.importers.fields import Dialect
from analysis.importers.formats.scope_header import scope_header
from analysis.importers.options import ColumnChoice
from tests.analysis.importers.test_other_programs import CURRENT_A, G, TIME_s, imported, lines

V1, V2 = CURRENT_A * 1e4, np.full(len(G), 0.1)
T = TIME_s - 2e-3
INDEX = np.arange(len(G))
STATED = {"current_gain_V_per_A": 1e4}

MSO = (
    "Model,MSO54\nFirmware Version,1.28.5.7412\n\nPoint Format,Y,\nHorizontal Units,S,\nHorizontal Scale,0.002,\n"
    "Sample Interval,5E-05,\nRecord Length,120,\nGating,0.0% to 100.0%,\nProbe Attenuation,1,1\nVertical Units,V,V\n"
    "Vertical Offset,0,0\nVertical Scale,0.1,0.1\nVertical Position,0,0\n,,\n,,\nLabel,,\n"
)
FILES = {
    "Rigol DS1000Z": "X,CH1,CH2,Start,Increment,\nSequence,Volt,Volt,-2.000000e-03,5.000000e-05\n"
    + lines("{:d},{:.6e},{:.6e},\n", INDEX, V1, V2),
    "Rigol MSO5000": "CH1V,CH2V,t0 =-2.000000e-03, tInc = 5.000000e-05,\n"
    + lines("{:.6e},{:.6e},,\n", V1, V2),
    "Rigol DHO": "Time(s),CH1(V),CH2(V),t0 = -2.000000e-03, tInc = 5.000000e-05,\n"
    + lines("{:.6e},{:.6e},{:.6e},,\n", T, V1, V2),
    "Tektronix MSO": MSO + "TIME,CH1,CH2\n" + lines("{:.6e},{:.6e},{:.6e}\n", T, V1, V2),
    "Tektronix MSO without times": MSO + "CH1,CH2\n" + lines("{:.6e},{:.6e}\n", V1, V2),
    "Keysight": "x-axis,1,2\nsecond,Volt,Volt\n" + lines("{:.6E},{:.6E},{:.6E}\n", T, V1, V2),
}


OPTIONS = ImportOptions(STATED, columns={"current": ColumnChoice("CH1"), "bias": ColumnChoice("CH2")})
"""Which channel is the current and which the bias; neither unit nor rate."""


VARIANTS = {
    "plain": (lambda text: text, "utf-8"),
    "CRLF": (lambda text: text.replace("\n", "\r\n"), "utf-8"),
    "with a mark of UTF-8": (lambda text: text, "utf-8-sig"),
    "UTF-16": (lambda text: text, "utf-16"),
    "decimal comma": (lambda text: text.replace(",", ";").replace(".", ","), "cp1252"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("maker", FILES)
def test_the_header_tells_units_and_rate(tmp_path, maker, variant):
    changed, encoding = VARIANTS[variant]
    found = imported(tmp_path / "a.csv", changed(FILES[maker]), OPTIONS, encoding)
    assert found.rate_Hz == pytest.approx(2e4)
    (trace,) = found.traces
    assert trace.values("conductance") == pytest.approx(V1 / 1e4 / V2 / G0_S, rel=1e-5)
    assert trace.values("bias") == pytest.approx(V2)
    assert not any("unit of" in text or "rate" in text for text in found.unknowns if "sequence" not in text)


def test_segments_of_lecroy_need_no_unit_of_time(tmp_path):
    head = (
        "LECROYWS424,15873,Waveform\nSegments,3,SegmentSize,120\nSegment,TrigTime,TimeSinceSegment1\n"
        "#1,21-Jun-2018 17:11:37,0                 \n#2,21-Jun-2018 17:11:38,1.2                 \n"
        "#3,21-Jun-2018 17:11:39,2.4                 \nTime,Ampl\n"
    )
    options = ImportOptions({**STATED, "bias_V": 0.1}, columns={"current": ColumnChoice("Ampl", "V")})
    text = head + 3 * lines("{:.7e},{:.6e}\n", T, V1)
    found = imported(tmp_path / "a.csv", text, options)
    assert [len(trace) for trace in found.traces] == [len(G)] * 3
    assert found.rate_Hz == pytest.approx(2e4)
    assert found.traces[2].values("conductance") == pytest.approx(G, rel=1e-5)


@pytest.mark.parametrize("interval", ["0", "-1e-5", "auto", ""])
def test_an_interval_that_is_none_is_no_rate(tmp_path, interval):
    text = FILES["Rigol DS1000Z"].replace("5.000000e-05", interval)
    found = imported(tmp_path / "a.csv", text, OPTIONS)
    assert not found.rate_Hz > 0.0
    assert any("rate" in text for text in found.unknowns)


WORDS = (
    *(
        "X",
        "CH1",
        "Start",
        "Increment",
        "Sequence",
        "Time",
        "LECROYWS",
        "x-axis",
        "second",
        "Sample Interval",
    ),
    *("Vertical Units", "TIME", "t0 = 0s", "tInc = 1e-6", "V", "1e-6", "nan", "0,5", ""),
)


def test_no_header_of_known_words_in_any_order_is_an_error():
    """ "Increment" before "Start", above a short row, had ended in an error of Python."""
    rng, dialect = np.random.default_rng(6), Dialect(",", ".")
    assert scope_header(["X,Increment,V,X,Start", "s,1e-6"], 2, dialect) is None
    for _ in range(3000):
        rows = [",".join(rng.choice(WORDS, rng.integers(1, 7))) for _ in range(rng.integers(0, 5))]
        found = scope_header(rows, width := int(rng.integers(1, 6)), dialect)
        assert found is None or len(found.headings) == width
