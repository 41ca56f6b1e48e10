"""Files as laboratories write them, a row a case: what is read of them, or the sentence that says what to type."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from nptdms import ChannelObject, TdmsWriter

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, files_in, read_file
from analysis.importers.assemble import assemble
from analysis.importers.options import ColumnChoice, Layout, LogAmplifier, Orientation
from analysis.iv.columns import read_columns
from tests.support.recordings.foreign_files import save_wave

V = np.linspace(-0.8, 0.8, 33)
I_A = 4e-9 * V + 4.4e-9 * V**3
"""A curve of a molecule; its largest current is that at 0.8 V."""

LARGEST_A = float(I_A.max())

G = np.concatenate([np.linspace(8.0, 3.5, 10), np.full(20, 1.95), np.full(20, 0.98), np.full(70, 1e-5)])
"""An opening trace of 120 samples, in G0, with plateaus at 0.98 and 1.95."""


def noisy(traces, seed=1):
    rng = np.random.default_rng(seed)
    return np.abs(G * (1 + 0.005 * rng.standard_normal((traces, G.size))))


def table(path, heading, *columns, separator="\t", encoding="utf-8"):
    rows = [
        separator.join(x if isinstance(x, str) else f"{x:.4e}" for x in row)
        for row in zip(*columns, strict=True)
    ]
    path.write_bytes("\n".join([*([heading] if heading else []), *rows, ""]).encode(encoding))
    return path


def rows(path, values, form="{:.4e}"):
    path.write_text("\n".join(",".join(form.format(x) for x in row) for row in values) + "\n")
    return path


def folder(path, write, n=6):
    path.mkdir()
    for i in range(n):
        write(path, i)
    return path


def fixed_bias(path, i):
    table(path / f"{i}.txt", "time (s)\tcurrent (nA)", np.arange(120) * 5e-5, G * G0_S * 0.05 * 1e9)


def quoted(path):
    return table(path, '"Voltage (V)","Current (nA)"', [f'"{v:.4f}"' for v in V], [f'"{i:.5f}"' for i in I_A * 1e9],
                 separator=",")  # fmt: skip


def tdms(path, cut=0):
    with TdmsWriter(str(path)) as writer:
        for group in ("r0", "r1", "r2", "r3"):
            writer.write_segment(
                [
                    ChannelObject(group, "Current", G * G0_S * 0.05, properties={"unit_string": "Amps"}),
                    ChannelObject(group, "Voltage", np.full(120, 0.05), properties={"unit_string": "Volts"}),
                ]
            )
    if cut:
        path.write_bytes(path.read_bytes()[:-cut])
    return path


def with_word(values, word, at=0):
    return [word if i == at else f"{x:.4e}" for i, x in enumerate(values)]


@dataclass(frozen=True)
class Curve:
    """An I-V curve that `fit` reads: its largest current, number of points, and words of its remarks; or a refusal."""

    name: str
    write: Callable
    says: str = ""
    refused: bool = False
    points: int = 33
    options: ImportOptions = field(default_factory=ImportOptions)


nA = I_A * 1e9

CURVES = [
    Curve("microamps.txt", lambda p: table(p, "Voltage (V)\tCurrent (microamps)", V, I_A * 1e6)),
    Curve("power_of_ten.txt", lambda p: table(p, "Voltage (V)\tCurrent (10^-9 A)", V, nA)),
    Curve("sigma_without_unit.txt", lambda p: table(p, "voltage (V)\tcurrent (nA)\tsigma", V, nA, 0.05 + V**2)),
    Curve("qcodes.dat",
          lambda p: table(p, '# src\tdmm\n# "Source (V)"\t"Current (nA)"\n# 33', V, nA), "the voltage"),
    Curve("reversed.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, -nA), "--invert current", refused=True),
    Curve("reversed_and_said.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, -nA),
          options=ImportOptions(inverted=frozenset(["current"]))),
    Curve("third_negative.dat", lambda p: table(p, "", V, I_A, V * 1e-9), "--column other=3", refused=True),
    Curve("third_said.dat", lambda p: table(p, "", V, I_A, V * 1e-9),
          options=ImportOptions(columns={"bias": ColumnChoice("1", "V"), "current": ColumnChoice("2", "A"),
                                         "other": ColumnChoice("3")})),
    Curve("overload.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, with_word(nA, "9.9E37", 5)),
          "1 of 33 points left out: 1 with the meter overloaded", points=32),
    Curve("utf16.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, nA, encoding="utf-16")),
    Curve("utf16_without_mark.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, nA, encoding="utf-16-be")),
    Curve("ansi.txt", lambda p: table(p, "Voltage (V)\tCurrent (µA)", V, I_A * 1e6, encoding="cp1252")),
    Curve("quoted.csv", quoted),
    Curve("german.txt", lambda p: table(p, "Spannung (V)\tStrom (nA)", V, nA)),
    Curve("finnish.txt", lambda p: table(p, "Jännite\tVirta", V, nA), "--column bias=2:mV", refused=True),
    Curve("finnish_and_said.txt", lambda p: table(p, "Jännite\tVirta", V, nA),
          options=ImportOptions(columns={"bias": ColumnChoice("Jännite", "V"), "current": ColumnChoice("2", "nA")})),
    Curve("no_names.dat", lambda p: table(p, "", V, I_A), "voltage in V and current in A assumed"),
    Curve("first_row_word.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)", V, with_word(nA, "OVLD")),
          "1 of 33 points left out", points=32),
    Curve("semicolon.csv", lambda p: table(p, "Voltage (V);Current (nA)", *([f"{x:.4f}".replace(".", ",") for x in y]
                                           for y in (V, nA)), separator=";")),
    Curve("fortran.dat",
          lambda p: table(p, "V (V) I (A)", *([f"{x:.6e}".replace("e", "D") for x in y] for y in (V, I_A)),
                                         separator="  ")),
    Curve("comment_below.txt", lambda p: table(p, "Voltage (V)\tCurrent (nA)\n# measured at 4 K, by night", V, nA)),
    Curve("two_lines.txt", lambda p: table(p, "Sample 7\nVoltage\tCurrent\nV\tnA", V, nA)),
    Curve("unknown.txt", lambda p: table(p, "Voltage (V)\tCurrent (furlongs)", V, nA),
          "unit 'furlongs' of column 'current' is unknown: give its unit, such as --unit current=nA", refused=True),
    Curve("logarithm.txt", lambda p: table(p, "Voltage (V)\tlog10(I/nA)", V[V > 0], np.log10(nA[V > 0])), points=16),
    Curve("dates.txt", lambda p: table(p, "Date\tVoltage (V)\tCurrent (nA)",
                                       [f"2026-03-01 12:00:{i:02d}.5" for i in range(33)], V, nA)),
]  # fmt: skip


@pytest.mark.parametrize("case", CURVES, ids=lambda case: case.name)
def test_a_curve_is_read_or_the_sentence_says_what_to_type(case, tmp_path):
    path = case.write(tmp_path / case.name)
    if case.refused:
        with pytest.raises(ForeignFile, match=case.says) as caught:
            read_columns(path, case.options)
        assert case.name in str(caught.value)
        return
    found = read_columns(path, case.options)
    rest = case.points < 33
    assert found.voltage_V.size == case.points
    assert found.current_A.max() == pytest.approx(LARGEST_A, rel=1e-3)
    assert rest or found.voltage_V == pytest.approx(V, abs=1e-4)
    assert case.says in " ".join(found.remarks)


@dataclass(frozen=True)
class Traces:
    """Traces that `import` reads: their number, the conductance of one, and words of the summary; or a refusal."""

    name: str
    write: Callable
    says: str = ""
    refused: bool = False
    number: int = 6
    options: ImportOptions = field(default_factory=ImportOptions)
    plateau_G0: float = 0.98
    direction: str = "opening"


QUANTA = ImportOptions(units={"conductance": "G0"})


def stated(orientation):
    return ImportOptions(units={"conductance": "G0"}, layout=Layout(orientation))


TIMES = np.arange(120) * 5e-5

TRACES = [
    Traces("half_quanta", lambda p: folder(p, lambda at, i: table(at / f"{i}.txt", "Distance (nm)\tConductance (e2/h)",
                                                                 TIMES, 2 * G))),
    Traces("fixed_bias", lambda p: folder(p, fixed_bias), "bias: 50 mV", options=ImportOptions({"bias_V": 0.05})),
    Traces("fixed_bias_unsaid", lambda p: folder(p, fixed_bias), "bias", direction=""),
    Traces("columns.csv", lambda p: rows(p, np.column_stack([TIMES, noisy(24).T])), "column 1 rises evenly", number=24,
           options=QUANTA),
    Traces("columns_said.csv", lambda p: rows(p, noisy(24).T), "each column is a trace (as stated)", number=24,
           options=stated(Orientation.COLUMNS)),
    Traces("rows_said.csv", lambda p: rows(p, noisy(3)[:, :12]), number=3, options=stated(Orientation.ROWS),
           direction="", plateau_G0=np.nan),
    Traces("named_columns.csv",
           lambda p: table(p, "t (s)," + ",".join(f"G{i} (G0)" for i in range(24)), TIMES, *noisy(24), separator=","),
           "24 columns of conductance; otherwise: --table", number=24),
    Traces("pairs.txt", lambda p: table(p, "\t".join(["z (nm)\tG (G0)"] * 3), *[TIMES, G] * 3), number=3,
           options=stated(Orientation.PAIRS)),
    Traces("long.txt", lambda p: table(p, "trace\tG (G0)", np.repeat([1.0, 2, 3], 120), np.tile(G, 3)), number=3,
           options=stated(Orientation.LONG)),
    Traces("log10.csv", lambda p: rows(p, np.log10(noisy(24))), "its sign is lost", number=24,
           options=ImportOptions(units={"conductance": "log10(G/G0)"})),
    Traces("log_by_name.txt", lambda p: table(p, "Distance (nm)\tlog10(G) [G0]", TIMES, np.log10(G)), number=1),
    Traces("daqmx_words.tdms", tdms, "unit of current: Amps", number=4),
    Traces("cut_short.tdms", lambda p: tdms(p, 700), "the file ends inside a segment (cut short)", number=5),
    Traces("offset.csv", lambda p: rows(p, noisy(6) + 0.003), "offset of conductance: 0.003 G0, subtracted",
           options=ImportOptions(units={"conductance": "G0"}, offsets={"conductance": (0.003, "G0")})),
    Traces("closing.csv", lambda p: rows(p, noisy(30)[:, ::-1]), number=30, options=QUANTA, direction="closing"),
    Traces("hump.csv", lambda p: rows(p, np.minimum(noisy(20), 0.009)), number=20, options=QUANTA, plateau_G0=0.009),
    Traces("flat.csv", lambda p: rows(p, np.tile(np.linspace(5, 0.005, 501), (2, 1))), number=2, options=QUANTA,
           plateau_G0=np.nan),
    Traces("igor_nm", lambda p: folder(p, lambda at, i: save_wave(at / f"Conductance_{i}.ibw", G, "G0", 0.02, "nm")),
           "displacement from the wave's scaling: 0.02 nm a row"),
    Traces("molecules.csv", lambda p: rows(p, noisy(80)), number=80, options=QUANTA),
    Traces("holes.csv", lambda p: rows(p, np.where(noisy(20) == noisy(20)[3, 50], np.nan, noisy(20))),
           "values kept that are NaN: 1", number=20, options=QUANTA),
    Traces("sweeps", lambda p: folder(p, lambda at, i: table(at / f"{i}.txt", "Voltage (V)\tCurrent (nA)", V, nA), 4),
           "I-V sweeps", number=4, direction="", plateau_G0=np.nan),
    Traces("negative.csv", lambda p: rows(p, -noisy(6)), "negative in 6 of 6 traces): --invert conductance",
           options=QUANTA, plateau_G0=-0.98),
    Traces("two_columns_no_name.csv", lambda p: rows(p, [[1.0, 2.0]] * 3), r"there is no column 'Leitwert'",
           refused=True, options=ImportOptions(columns={"conductance": ColumnChoice("Leitwert")})),
    Traces("either.csv", lambda p: rows(p, np.random.default_rng(1).normal(0, 1, (40, 40))),
           "give --rows or --columns", refused=True, options=QUANTA),
]  # fmt: skip


@pytest.mark.parametrize("case", TRACES, ids=lambda case: case.name)
def test_traces_are_read_or_the_sentence_says_what_to_type(case, tmp_path):
    path = case.write(tmp_path / case.name)

    def read():
        files, _ = files_in([path])
        return assemble([p for file in files for p in read_file(file, options=case.options)], case.options)

    if case.refused:
        with pytest.raises(ForeignFile, match=case.says):
            read()
        return
    found = read()
    assert len(found.traces) == case.number
    words = [*found.from_file, *found.from_options, *found.unknowns, found.title]
    assert case.says in "\n".join([*words, *(f"{name}: {n}" for name, n in found.counts.items())])
    assert set(found.directions) == ({case.direction} if case.direction else set())
    if case.direction and np.isfinite(case.plateau_G0):
        place = 45 if case.direction == "opening" else 120 - 45
        assert found.traces[0].values("conductance")[place] == pytest.approx(case.plateau_G0, rel=0.02)


def test_a_logarithmic_amplifier_is_read_with_its_calibration(tmp_path):
    current_A = np.logspace(-10, -6, 60)[::-1]
    output_V = 0.5 + 0.25 * np.log10(current_A / 1e-9)
    path = table(tmp_path / "log.txt", "Bias (mV)\tOutput (V)", np.full(60, 100.0), output_V)
    options = ImportOptions(
        columns={"current": ColumnChoice("Output")}, log_amplifier=LogAmplifier(1e-9, 0.5, 0.25)
    )
    (trace,) = assemble(read_file(path, options=options), options).traces
    assert trace.values("current") == pytest.approx(current_A, rel=1e-3)
    assert trace.values("conductance") == pytest.approx(current_A / 0.1 / G0_S, rel=1e-3)
