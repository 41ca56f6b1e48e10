"""Text files: rows of traces, and columns with names and units."""

import math

import numpy as np
import pytest

from analysis.importers import ImportOptions, kind_of
from tests.analysis.foreign_files import imported


def test_rows_are_traces_and_their_padding_is_trimmed_and_counted(tmp_path):
    path = tmp_path / "rows.csv"
    first = [*np.linspace(5, 1, 18), math.nan, -0.5]
    lines = [first, [*np.linspace(4, 1, 17), math.nan, math.nan, math.nan], [math.nan] * 20, [1e300] * 20]
    path.write_text("\n".join(",".join(repr(float(x)) for x in line) for line in lines))
    assert kind_of(path) == "csv"
    result = imported(path, options=ImportOptions(units={"conductance": "G0"}))
    assert [len(trace) for trace in result.traces] == [20, 17, 20]
    assert result.traces[0].values("conductance")[-1] == -0.5
    assert math.isnan(result.traces[0].values("conductance")[-2])
    assert result.traces[2].values("conductance")[0] == 1e300
    assert result.counts == {
        "samples of padding trimmed": 23,
        "rows or columns without a value": 1,
        "values kept that are NaN": 1,
    }


def test_rows_may_have_different_lengths_and_empty_fields(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(",".join(["1.5"] * 20) + "\n2,3,4\n" + "5,6" + "," * 30 + "\n")
    result = imported(path)
    assert [len(trace) for trace in result.traces] == [20, 3, 2]
    assert result.channels[0].name == "values"
    assert result.unknowns[:2] == ("what the values are", "unit of values")


def test_columns_with_names_and_units(tmp_path):
    path = tmp_path / "iv.txt"
    path.write_text("Junction 4\n\nVoltage (mV)\tCurrent [nA]\tTime / s\n" + "".join(
        f"{100 * i}\t{2 * i}\t{i / 50}\n" for i in range(20)
    ))  # fmt: skip
    result = imported(path)
    (trace,) = result.traces
    assert {c.name: c.unit for c in result.channels} == {"current": "A", "bias": "V", "time": "s"}
    assert trace.values("bias") == pytest.approx(0.1 * np.arange(20))
    assert trace.values("current") == pytest.approx(2e-9 * np.arange(20))
    assert result.rate_Hz == 50.0
    assert trace.flags == ("I-V",)
    assert result.settings["lines_above"] == ["Junction 4", "Voltage (mV)\tCurrent [nA]\tTime / s"]
    assert result.title == "1 I-V sweeps from iv.txt"


@pytest.mark.parametrize(
    "text",
    [
        "V I\nV nA\n0.1 1\n0.2 2\n",
        "# bias (V) current (nA)\n0.1 1\n0.2 2\n",
        "bias_V;current_nA\n0,1;1\n0,2;2\n",
        "Voltage [V],Current [nA]\n0.1,1\n0.2,2\n",
        "% Voltage/V, Current/nA\n0.1, 1,\n# a remark\n0.2, 2,\n",
        '"Voltage (V)"\t"Current (nA)"\n0,1\t1\n0,2\t2\n',
    ],
)
def test_ways_to_write_columns(tmp_path, text):
    path = tmp_path / "columns.dat"
    path.write_text(text)
    (trace,) = imported(path).traces
    assert trace.values("bias") == pytest.approx([0.1, 0.2])
    assert trace.values("current") == pytest.approx([1e-9, 2e-9])


def test_columns_without_names_stay_nameless(tmp_path):
    path = tmp_path / "columns.txt"
    path.write_text("1 2\n3 4\n")
    result = imported(path)
    assert [c.name for c in result.channels] == ["column_0", "column_1"]
    assert {"unit of column_0", "sampling rate"} <= set(result.unknowns)
