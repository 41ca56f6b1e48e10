"""Text files: rows of traces, and columns with names and units."""

import math

import numpy as np
import pytest

from analysis.importers import ForeignFile, ImportOptions, kind_of
from tests.support.recordings.foreign_files import imported


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
    assert result.unknowns[:2] == (
        "what the values are: --unit conductance=G0, or --unit current=nA",
        "unit of values",
    )


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
    assert result.title == "1 I-V sweep from iv.txt"


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
    assert [c.name for c in result.channels] == ["column_1", "column_2"]
    assert {"unit of column_1", "sampling rate"} <= set(result.unknowns)


def write_traces(path, name, unit, factor, n=3):
    """Distance and conductance of contacts that break in steps; ``factor`` is one G0 in that unit."""
    g = np.concatenate([np.linspace(8.0, 3.0, 10), np.full(20, 1.0), np.zeros(20)]) * factor
    for i in range(n):
        rows = "".join(f"{0.02 * k:.3e}\t{value:.3e}\n" for k, value in enumerate(g))
        (path / f"{i}.txt").write_text(f"Distance (nm)\t{name} ({unit})\n{rows}", "utf-8")
    return sorted(path.glob("*.txt"))


@pytest.mark.parametrize(
    ("unit", "factor"), [("e2/h", 2.0), ("nSiemens", 77480.91729), ("mG0", 1e3), ("1/ohm", 7.748091729e-5)]
)
def test_conductance_in_any_unit_of_the_table_comes_in_quanta(tmp_path, unit, factor):
    result = imported(*write_traces(tmp_path, "Conductance", unit, factor))
    assert result.traces[0].values("conductance")[0] == pytest.approx(8.0, rel=1e-3)
    assert result.channels[0].unit == "G0"


def test_an_unknown_unit_is_refused_by_name_until_an_option_tells_it(tmp_path):
    paths = write_traces(tmp_path, "Current", "furlongs", 1.0)
    with pytest.raises(
        ForeignFile,
        match=r"0\.txt: unit 'furlongs' of column 'current' is unknown: give its unit, such as --unit",
    ):
        imported(*paths)
    result = imported(*paths, options=ImportOptions(units={"current": "nA"}))
    assert result.traces[0].values("current")[0] == pytest.approx(8e-9)
    assert "unit of current: nA (the file has 'furlongs', an unknown unit)" in result.from_options
    with pytest.raises(ForeignFile, match="unit 'NA'"):
        imported(*paths, options=ImportOptions(units={"current": "NA"}))


def test_overloads_are_infinite_and_counted_in_tables_and_rows(tmp_path):
    table = tmp_path / "table.txt"
    table.write_text("Voltage (V)\tCurrent (nA)\n0.1\tOVLD\n0.2\t-9.9E37\n0.3\t1.5\n0.4\t----\n")
    rows = tmp_path / "rows.csv"
    rows.write_text(",".join(["9.91E37", *["1.0"] * 18, "OVLD"]))
    (trace,) = imported(table).traces
    assert trace.values("current") == pytest.approx([np.inf, -np.inf, 1.5e-9, np.inf])
    result = imported(rows, options=ImportOptions(units={"conductance": "G0"}))
    assert np.flatnonzero(np.isinf(result.traces[0].values("conductance"))).tolist() == [0, 19]
    (counted,) = (n for what, n in result.counts.items() if "overloads of the meter" in what)
    assert counted == 2


def test_comments_below_the_names_that_are_only_a_number_are_passed_over(tmp_path):
    path = tmp_path / "qcodes.dat"
    path.write_text('# src\tdmm\n# "Bias (mV)"\t"Current (nA)"\n# 2\n100\t1\n200\t2\n')
    (trace,) = imported(path).traces
    assert trace.values("bias") == pytest.approx([0.1, 0.2])
    assert trace.values("current") == pytest.approx([1e-9, 2e-9])


def test_conductance_that_is_negative_throughout_is_said(tmp_path):
    paths = write_traces(tmp_path, "Conductance", "G0", -1.0)
    assert imported(*paths).unknowns[-1] == (
        "the sign of current and bias (the conductance is negative in 3 of 3 traces): --invert conductance"
    )
