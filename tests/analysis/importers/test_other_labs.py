"""Files as other laboratories leave them: read right, or refused with a sentence that says what to type."""

import gzip
import json
import zipfile

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.imported import OPENING as OPENING_FLAG
from analysis.importers.options import ColumnChoice, Cut

BIAS_V = 0.1
OPENING = np.concatenate([np.linspace(8.0, 3.0, 20), np.full(30, 0.98), np.full(50, 1e-4)])
LONG_nA = np.tile(OPENING, 12) * G0_S * BIAS_V * 1e9
"""Twelve openings one after the other: currents up to 62 uA."""

V = np.linspace(-0.8, 0.8, 33)
I_pA = 4e3 * V + 4.4e3 * V**3


def german(number):
    return f"{number:,.3f}".translate(str.maketrans(",.", ".,"))


def swiss(number):
    return f"{number:,.3f}".replace(",", "’")


def columns(heading, form, separator=";"):
    rows = (separator.join(map(form, (i * 0.05, x, BIAS_V))) for i, x in enumerate(LONG_nA))
    return "\n".join([heading, *rows, ""])


def plain(number):
    return f"{number:.3f}"


HEADINGS = {
    "thousands with points.csv": columns("Zeit (ms);Strom (nA);Spannung (V)", german),
    "thousands with apostrophes.csv": columns("time (ms);current (nA);bias (V)", swiss),
    "chinese.csv": columns("时间 (ms),电流 (nA),电压 (V)", plain, ","),
    "japanese.txt": columns("時間 (ms)\t電流 (nA)\t電圧 (V)", plain, "\t"),
    "spanish.csv": columns("Tiempo (ms);Corriente (nA);Tensión (V)", plain),
    "empty cells.csv": columns("time (ms);current (nA);bias (V);;", plain).replace("0.100\n", "0.100;;\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADINGS)
def test_columns_of_many_countries(tmp_path, name):
    path = tmp_path / name
    path.write_text(HEADINGS[name], encoding="utf-8")

    imported = assemble(read_file(path), ImportOptions())

    assert [c.name for c in imported.channels] == ["conductance", "current", "bias", "time"]
    assert imported.rate_Hz == pytest.approx(20_000.0)
    assert imported.extremes["current"][1] == pytest.approx(LONG_nA.max() * 1e-9, rel=1e-4)
    assert imported.extremes["conductance"][1] == pytest.approx(8.0, rel=1e-3)
    assert any("opens 12 times in one): --cut-between 2 0.1" in phrase for phrase in imported.unknowns)
    cut = ImportOptions(cut=Cut((2.0, 0.1)))
    assert assemble(read_file(path, options=cut), cut).directions[OPENING_FLAG] == 12


def test_thousands_and_cells_of_a_spreadsheet(tmp_path):
    path = tmp_path / "iv.csv"
    rows = [f'"{1e3 * v:,.1f}","{i:,.2f}"' for v, i in zip(V, I_pA, strict=True)]
    path.write_text("\n".join(["Bias (mV),Current (pA)", *rows, ""]))
    assert assemble(read_file(path), ImportOptions()).extremes["current"][1] == pytest.approx(
        I_pA.max() * 1e-12
    )

    tabs = tmp_path / "iv.txt"
    rows = [f"{v:.4f}\t{i:.3f}\t\t\t" for v, i in zip(V, I_pA, strict=True)]
    tabs.write_text("\r\n".join(["Bias (V)\tCurrent (pA)\t\t\t", *rows, ""]))
    imported = assemble(read_file(tabs), ImportOptions())
    assert [c.name for c in imported.channels] == ["current", "bias"]
    assert imported.extremes["current"][1] == pytest.approx(I_pA.max() * 1e-12)


def test_unknown_columns_ask_for_the_current_and_take_it(tmp_path):
    path = tmp_path / "trace_nA_100mV.txt"
    path.write_text("\n".join(f"{i}\t{i * 5e-5:.5f}\t{x:.3f}" for i, x in enumerate(LONG_nA[:100])))
    assert assemble(read_file(path), ImportOptions()).unknowns[0] == (
        "which column is the current or the conductance: --column current=2:nA"
    )
    stated = ImportOptions(columns={"current": ColumnChoice("3", "nA")}, settings={"bias_V": BIAS_V})
    imported = assemble(read_file(path, options=stated), stated)
    assert imported.extremes["conductance"][1] == pytest.approx(8.0, rel=1e-3)


def test_an_overload_of_the_current_is_one_of_the_conductance(tmp_path):
    path = tmp_path / "overload.csv"
    values = LONG_nA[:100].copy()
    values[:10] = 9.9e37
    path.write_text("\n".join(["Current (nA),Bias (V)", *(f"{x:.5E},0.1" for x in values), ""]))
    (trace,) = assemble(read_file(path), ImportOptions()).traces
    conductance = trace.read(0, 100)[0]
    assert conductance.name == "conductance"
    assert np.isposinf(conductance.values[:10]).all() and np.isfinite(conductance.values[10:]).all()


def test_time_stamps_give_the_rate(tmp_path):
    path = tmp_path / "stamps.csv"
    rows = [f"2026-03-01T12:00:{i * 5e-5:09.6f}Z,{x:.3f},0.1" for i, x in enumerate(LONG_nA[:100])]
    path.write_text("\n".join(["Timestamp,Current (nA),Bias (V)", *rows, ""]))
    assert assemble(read_file(path), ImportOptions()).rate_Hz == pytest.approx(20_000.0, rel=1e-4)


def packed(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("traces.csv", "1,2,3\n")


REFUSED = {
    "traces.zip": (packed, "is packed: unpack it, then import what is in it"),
    "traces.csv.gz": (lambda p: p.write_bytes(gzip.compress(b"1,2\n")), "is packed: unpack it"),
    "arrays.npz": (lambda p: np.savez(p, np.arange(3.0)), "numpy.savetxt"),
    "book.xlsx": (packed, "save it as CSV"),
    "lines.jsonl": (lambda p: p.write_text(json.dumps({"i": 1})), "write its numbers as columns of text"),
    "other lab.h5": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n"), "needs no import"),
    "empty.tdms": (lambda p: p.write_bytes(b""), "an empty file"),
    "empty.mat": (lambda p: p.write_bytes(b""), "an empty file"),
    "footer.csv": (lambda p: p.write_text("V (V),I (nA)\n0,1\n1,2\n2,3\nend of data\n"), "delete it and what follows"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_remedy(tmp_path, name):
    write, words = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(ForeignFile, match=words):
        read_file(tmp_path / name)
