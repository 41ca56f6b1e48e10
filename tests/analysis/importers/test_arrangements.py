"""Tables as programs of other groups arrange them: every trace with its own samples, or a sentence that says so."""

import json

import numpy as np
import pytest
from nptdms import ChannelObject, RootObject, TdmsWriter
from scipy.io import savemat

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.options import ColumnChoice, Layout, LogAmplifier, Orientation

N = 60
X_nm = np.linspace(0.0, 3.0, N)
TRACES = [np.where(X_nm < 1.0, 4.0 + 0.1 * k, 1e-3 * (1 + 0.1 * k)) for k in range(4)]
"""Four openings that differ."""


def table(columns, separator=","):
    return "".join(separator.join(f"{v:.7g}" for v in row) + "\n" for row in zip(*columns, strict=True))


def imported(path, text, options=None, **more):
    if text is not None:
        path.write_text(text, encoding="utf-8")
    options = options or ImportOptions(**more)
    return assemble(read_file(path, options=options), options)


def conductances(found):
    return [trace.values("conductance") for trace in found.traces]


def heads(form):
    return ",".join(form.format(k) for k in range(4))


def blocks(above, between=""):
    return between.join(above + table([X_nm, g], " ") for g in TRACES)


ALL_FOUR = {
    "x_and_y_repeat.csv": ",".join(["Distance", "Conductance"] * 4) + "\n" + ",".join(["nm", "G0"] * 4) + "\n"
    + table([c for g in TRACES for c in (X_nm, g)]),
    "numbers_behind_units.csv": f"Distance (nm),{heads('G (G0) {}')}\n" + table([X_nm, *TRACES]),
    "logarithms.csv": f"Distance (nm),{heads('log10(G/G0)_{}')}\n" + table([X_nm, *map(np.log10, TRACES)]),
    "headings_again.txt": blocks("Trace 7\nDistance (nm) G (G0)\n"),
    "commented_headings_again.txt": blocks("# Distance (nm) G (G0)\n"),
    "blank_lines.dat": "# Distance (nm) G (G0)\n" + blocks("", "\n\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALL_FOUR)
def test_every_trace_is_found_with_its_distance(tmp_path, name):
    found = imported(tmp_path / name, ALL_FOUR[name])

    assert conductances(found) == [pytest.approx(g, rel=1e-5) for g in TRACES]
    assert all(trace.values("extension")[-1] == pytest.approx(3e-9) for trace in found.traces)
    assert found.directions == {"opening": 4}


def test_a_stray_blank_line_divides_nothing(tmp_path):
    text = (
        "time (ms) G (G0)\n"
        + table([X_nm[:20], TRACES[0][:20]], " ")
        + "\n"
        + table([X_nm[20:], TRACES[0][20:]], " ")
    )
    assert [len(t) for t in imported(tmp_path / "a.txt", text).traces] == [N]


def test_traces_of_different_length_under_one_distance_are_trimmed_at_both_ends(tmp_path):
    cut = [g.copy() for g in TRACES]
    for k, g in enumerate(cut):
        g[: 2 * k], g[N - 5 * k :] = np.nan, np.nan
    text = f"Distance (nm),{heads('G{} (G0)')}\n" + table([X_nm, *cut]).replace("nan", "")

    found = imported(tmp_path / "padded.csv", text)

    assert [len(trace) for trace in found.traces] == [N - 7 * k for k in range(4)]
    assert conductances(found)[3] == pytest.approx(cut[3][6 : N - 15])
    assert found.traces[3].values("extension")[0] == pytest.approx(X_nm[6] * 1e-9)
    assert found.directions == {"opening": 4}
    assert found.counts == {"samples of padding trimmed": 42}


def test_a_row_that_numbers_the_columns_is_no_sample(tmp_path):
    rows = f",{','.join(map(str, range(4)))}\n" + table([np.arange(N), *TRACES])
    found = imported(tmp_path / "pandas.csv", rows)
    assert found.traces[0].values("column_2") == pytest.approx(TRACES[0])


@pytest.mark.parametrize("units", ["nm,nA", "[nm],[nA]", "(nm),(nA)\n,Trace 1"])
def test_units_below_the_names(tmp_path, units):
    text = f"Distance,Current\n{units}\n" + table([X_nm, TRACES[0]])
    found = imported(tmp_path / "units.csv", text)
    assert {c.name: c.unit for c in found.channels} == {"current": "A", "extension": "m"}
    assert found.extremes["extension"][1] == pytest.approx(3e-9)


def test_one_name_for_all_columns(tmp_path):
    text = f"distance_nm,{heads('trace_{}')}\n" + table([X_nm, *TRACES])
    found = imported(
        tmp_path / "a.csv", text, layout=Layout(Orientation.COLUMNS), units={"conductance": "G0"}
    )
    assert conductances(found) == [pytest.approx(g) for g in TRACES]


def test_matlab_cells_and_a_distance_that_all_traces_share(tmp_path):
    cells = np.empty((1, 4), dtype=object)
    cells[0, :] = [np.column_stack([X_nm, g])[: N - k] for k, g in enumerate(TRACES)]
    savemat(tmp_path / "cells.mat", {"traces": cells})
    columns = {"extension": ColumnChoice("1", "nm"), "conductance": ColumnChoice("2", "G0")}
    found = imported(tmp_path / "cells.mat", None, columns=columns)
    assert [len(trace) for trace in found.traces] == [60, 59, 58, 57]
    assert conductances(found)[1] == pytest.approx(TRACES[1][:59])

    savemat(tmp_path / "matrix.mat", {"conductance_G0": np.array(TRACES).T, "distance_nm": X_nm})
    found = imported(tmp_path / "matrix.mat", None)
    assert conductances(found) == [pytest.approx(g) for g in TRACES]
    assert all(trace.values("extension")[-1] == pytest.approx(3e-9) for trace in found.traces)


def test_tdms_units_in_names_and_a_rate_that_one_channel_has(tmp_path):
    with TdmsWriter(tmp_path / "a.tdms") as file:
        current = ChannelObject("g", "Current (nA)", TRACES[0], {"wf_increment": 1e-4})
        file.write_segment([RootObject({}), current, ChannelObject("g", "Distance [nm]", X_nm)])
    found = imported(tmp_path / "a.tdms", None)
    assert (found.rate_Hz, {c.unit for c in found.channels}) == (10_000.0, {"A", "m"})


def test_a_resistance_gives_the_conductance(tmp_path):
    text = "z (nm)\tResistance (kOhm)\n" + table([X_nm, 1e-3 / (TRACES[0] * G0_S)], "\t")
    assert conductances(imported(tmp_path / "r.txt", text))[0] == pytest.approx(TRACES[0], rel=1e-5)


def test_a_logarithm_in_volts_is_the_output_of_the_logarithmic_amplifier(tmp_path):
    text = "z (nm)\tlogI (V)\n" + table([X_nm, 0.25 * np.log10(TRACES[0])], "\t")
    found = imported(tmp_path / "log.txt", text, log_amplifier=LogAmplifier(1e-9, 0.0, 0.25))
    assert found.traces[0].values("current") == pytest.approx(TRACES[0] * 1e-9, rel=1e-5)


def test_zero_bytes_of_an_interrupted_program_are_passed_over(tmp_path):
    path = tmp_path / "cut.txt"
    path.write_bytes(
        ("z (nm)\tG (G0)\n" + table([X_nm, TRACES[0]], "\t") + "3.05\t1e-").encode() + bytes(999)
    )
    assert len(imported(path, None).traces[0]) == N
    path.write_bytes(path.read_bytes() + b"\n1\t2\n")
    with pytest.raises(ForeignFile, match="not a text file"):
        imported(path, None)


def test_what_spoils_error_bars_or_signs_is_said(tmp_path):
    same = f"z (nm),{heads('G{} (G0)')}\n" + table([X_nm, *[TRACES[0]] * 4])
    found = imported(tmp_path / "same.csv", same)
    assert [n for name, n in found.counts.items() if "repeat another" in name] == [3]

    signs = f"z (nm),{heads('I{} (nA)')}\n" + table([X_nm, *[(-1) ** k * g for k, g in enumerate(TRACES)]])
    found = imported(tmp_path / "signs.csv", signs, settings={"bias_V": 0.1})
    assert any("negative in 2 of 4 traces, as if the bias alternated" in phrase for phrase in found.unknowns)

    long = "trace,z (nm),I (nA)\n" + "".join(table([np.full(N, k), X_nm, g]) for k, g in enumerate(TRACES))
    assert len(imported(tmp_path / "long.csv", long).traces) == len(TRACES), "the distance begins anew"
    long = "trace,I (nA)\n" + "".join(table([np.full(N, k), g]) for k, g in enumerate(TRACES))
    found = imported(tmp_path / "long.csv", long)
    assert any("--long" in phrase for phrase in found.unknowns)


def test_options_without_effect_are_listed_and_nothing_is_claimed(tmp_path):
    text = "z (nm),I (nA)\n" + table([X_nm, TRACES[0]])
    options = ImportOptions(
        settings={"current_gain_V_per_A": 1e9, "extension_m_per_V": 1e-9},
        units={"current": "pA", "foo": "nA"},
        inverted=frozenset(["bias"]),
        offsets={"bias": (3.0, "mV"), "current": (1.0, "nA")},
    )
    said = imported(tmp_path / "a.csv", text, options).from_options
    assert [phrase for phrase in said if "inverted" in phrase or "subtracted" in phrase] == [
        "offset of current: 1 nA, subtracted"
    ]
    ineffective = json.dumps([phrase for phrase in said if phrase.startswith("without effect: ")])
    for what in (
        "unit of current: the file gives nA; to replace it: --column current=I (nA):pA",
        "unit of foo: no column is called so",
        "sign of bias",
        "offset of bias",
        "gain of the current amplifier: there is no current in volts",
        "extension of the piezo per volt: there is no extension in volts",
    ):
        assert what in ineffective


def test_a_current_at_no_bias_has_no_conductance(tmp_path):
    text = "z (nm),I (nA)\n" + table([X_nm, TRACES[0]])
    found = imported(tmp_path / "a.csv", text, settings={"bias_V": 0.0})
    assert [c.name for c in found.channels] == ["current", "extension"]


def test_tables_of_text_named_xls_and_tables_of_arrow(tmp_path):
    path = tmp_path / "labview.xls"
    assert len(imported(path, "z (nm)\tG (G0)\n" + table([X_nm, TRACES[0]], "\t")).traces[0]) == N
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(ForeignFile, match="spreadsheet: save it as CSV"):
        read_file(path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(ForeignFile, match="to_csv"):
        read_file(tmp_path / "a.parquet")


def test_a_displacement_that_falls_while_junctions_open_is_asked_for(tmp_path):
    text = "z (nm),G (G0)\n" + table([-X_nm, TRACES[0]])
    found = imported(tmp_path / "z.csv", text)
    assert found.unknowns[-1].endswith("in 1 of 1 traces): --invert extension")
    assert "displacement (it" not in " ".join(
        imported(tmp_path / "z.csv", None, inverted=frozenset(["extension"])).unknowns
    )
    closing = "z (nm),G (G0)\n" + table([-X_nm, TRACES[0][::-1]])
    assert "displacement (it" not in " ".join(imported(tmp_path / "c.csv", closing).unknowns)
