"""Files of oscilloscopes, source meters, Nanonis, Igor and spreadsheets, also after a power cut: right, or said."""

import io

import numpy as np
import pytest
from igorwriter import IgorWave

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.cut import where_it_begins_anew
from analysis.importers.options import ColumnChoice, Layout
from tests.analysis.importers.test_igor_files import packed
from tests.support.recordings.importer_tests import CURRENT_nA as KNOWN_nA
from tests.support.recordings.importer_tests import ImporterTests

G = np.concatenate([np.linspace(8.0, 3.5, 10), np.full(20, 1.95), np.full(20, 0.98), np.full(70, 1e-4)])
N = len(G)
CURRENT_A = G * G0_S * 0.1
TIME_s = 5e-5 * np.arange(N)
V = np.linspace(-0.5, 0.5, 41)
SWEEP_A = 1e-9 * V + 5e-9 * V**3
QUANTA = ImportOptions(units={"conductance": "G0"})


def imported(path, text=None, options=None, encoding="utf-8"):
    if text is not None:
        path.write_bytes(text.encode(encoding))
    options = options or ImportOptions()
    return assemble(read_file(path, options=options), options)


def lines(form, *columns):
    return "".join(form.format(*row) for row in zip(*columns, strict=True))


# --- a header beside the samples

BESIDE = ["Record Length,{n},Points", "Sample Interval,5.0E-05,s", "Trigger Point,0,Samples", ",,", "Source,CH1,",
          "Vertical Units,V,", "Vertical Scale,2.0E-01,", "Horizontal Units,s,", "Pt Fmt,Y,", "Probe Atten,1,",
          "Model Number,TDS2024B,"]  # fmt: skip


def beside(values, separator=","):
    """A file of Tektronix: three columns of a header, then time and value, in all rows."""
    header = [line.format(n=len(values)) for line in BESIDE] + [",,"] * (len(values) - len(BESIDE))
    rows = (
        f"{text},{i * 5e-5:.7e},{value:.7e},"
        for i, (text, value) in enumerate(zip(header, values, strict=True))
    )
    text = "\n".join([*rows, ""])
    return text if separator == "," else text.replace(",", separator).replace(".", ",")


STATED = ImportOptions(
    {"bias_V": 0.1, "current_gain_V_per_A": 1e4}, columns={"current": ColumnChoice("CH1", "V")}
)


class TestBeside(ImporterTests):
    suffix = ".csv"
    options = ImportOptions({"bias_V": 0.1}, columns={"current": ColumnChoice("CH1")})
    heading = "CH1"

    def write(self, path, current_unit="nA"):
        path.write_text(
            beside(KNOWN_nA).replace("Vertical Units,V", f"Vertical Units,{current_unit}"), "utf-8"
        )


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("layout", [Layout(), Layout(skip_lines=11)])
def test_no_sample_beside_the_header_is_lost(tmp_path, separator, layout):
    options = ImportOptions(STATED.settings, columns=STATED.columns, layout=layout)
    found = imported(tmp_path / "scope.csv", beside(CURRENT_A * 1e4, separator), options)
    assert found.traces[0].values("conductance") == pytest.approx(G, rel=1e-5)
    assert found.rate_Hz == pytest.approx(2e4)
    assert found.settings["lines_above"][0].startswith("Record Length")


def test_columns_of_the_samples_are_named_where_a_number_is_wrong(tmp_path):
    options = ImportOptions(columns={"current": ColumnChoice("5", "V")})
    with pytest.raises(ForeignFile, match=r"its columns are 1 'Time \(s\)', 2 'CH1 \(V\)'"):
        imported(tmp_path / "scope.csv", beside(CURRENT_A), options)


# --- several traces in one table


def test_segments_of_an_oscilloscope_are_traces(tmp_path):
    segment = lines("{:.7e},{:.6e}\n", TIME_s, CURRENT_A * 1e4)
    head = "LECROYWS424,15873,Waveform\nSegments,3,SegmentSize,120\nTime,Ampl\n"
    columns = {"time": ColumnChoice("1", "s"), "current": ColumnChoice("2", "V")}
    found = imported(tmp_path / "a.csv", head + 3 * segment, ImportOptions(STATED.settings, columns=columns))
    assert [len(trace) for trace in found.traces] == [N] * 3
    assert found.traces[2].values("conductance") == pytest.approx(G, rel=1e-5)
    assert found.rate_Hz == pytest.approx(2e4)
    assert any("begins anew (otherwise: --table)" in count for count in found.counts)


@pytest.mark.parametrize("seed", range(5))
def test_a_noisy_displacement_that_goes_out_and_back_is_not_cut(tmp_path, seed):
    there = 0.02 * np.arange(N // 2)
    z = np.concatenate([there, there[::-1]]) + 0.05 * np.random.default_rng(seed).standard_normal(N)
    found = imported(tmp_path / "a.csv", "z (nm),G (G0)\n" + lines("{:.5f},{:.6g}\n", z, G))
    assert [len(trace) for trace in found.traces] == [N]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cut", [1, 20, 33, 60])
def test_a_time_that_begins_anew_in_any_block(cut):
    time = np.tile(np.arange(20.0), 3)
    assert where_it_begins_anew([time[:cut], time[cut:]][: 1 + (cut < 60)]) == [(0, 20), (20, 40), (40, 60)]
    assert where_it_begins_anew([time[:1]]) == [(0, 1)]
    assert where_it_begins_anew([time[:5], np.full(5, np.nan), time[10:15]]) == [(0, 15)]


def test_columns_that_repeat_beside_an_index_are_traces(tmp_path):
    head = "Index,Voltage_1 (V),Current_1 (A),Voltage_2 (V),Current_2 (A)\n"
    rows = lines("{},{:.4f},{:.6e},{:.4f},{:.6e}\n", range(1, 42), V, SWEEP_A, V, 2 * SWEEP_A)
    first, second = imported(tmp_path / "a.csv", head + rows).traces
    assert first.values("current") == pytest.approx(SWEEP_A, rel=1e-5)
    assert second.values("current") == pytest.approx(2 * SWEEP_A, rel=1e-5)


def test_a_second_column_of_conductance_is_said(tmp_path):
    text = "z (nm)\tG1 (G0)\tG2 (G0)\n" + lines("{:.3f}\t{:.6g}\t{:.6g}\n", 0.02 * np.arange(N), G, 2 * G)
    assert "what conductance_3 is, a second column" in imported(tmp_path / "a.txt", text).unknowns[-1]


NANONIS = "Experiment\tbias spectroscopy\t\nBias Spectroscopy>Sweep Start (V)\t-0.5\t\n\n[DATA]\n"
SWEEPS = {
    "Current (A)\tCurrent [00001] (A)\tCurrent [00002] (A)": ([1.0, 0.9, 1.1], [0.9, 1.1]),
    "Current [AVG] (A)\tCurrent [00001] (A)\tCurrent [00002] (A)\tCurrent [AVG] [bwd] (A)\tCurrent [00001] [bwd] (A)"
    "\tCurrent [00002] [bwd] (A)": ([1.0, 0.9, 1.1, 2.0, 1.8, 2.2], [0.9, 1.1, 1.8, 2.2]),
    "Current (A)\tCurrent [bwd] (A)": ([1.0, 2.0], [1.0, 2.0]),
    "Current (A)\tLI Demod 1 X (A)": ([1.0, 0.1], [1.0]),
}


@pytest.mark.parametrize("headings", SWEEPS)
def test_sweeps_of_nanonis_are_traces_and_their_mean_is_none(tmp_path, headings):
    written, read = SWEEPS[headings]
    rows = "".join("\t".join(f"{x:.6E}" for x in [v, *(f * i for f in written)]) + "\n"
                   for v, i in zip(V, SWEEP_A, strict=True))  # fmt: skip
    found = imported(tmp_path / "a.dat", f"{NANONIS}Bias calc (V)\t{headings}\n{rows}")
    assert len(found.traces) == len(read)
    for trace, factor in zip(found.traces, read, strict=True):
        assert trace.values("current") == pytest.approx(factor * SWEEP_A, rel=1e-5)
        assert trace.values("bias") == pytest.approx(V, abs=1e-6)


def test_traces_that_are_there_twice_count_once(tmp_path):
    rng = np.random.default_rng(1)
    rows = [",".join(f"{x:.6g}" for x in G * (1 + 0.01 * rng.standard_normal(N))) for _ in range(6)]
    railed = ",".join(["9.9E37"] * N)
    found = imported(tmp_path / "a.csv", "\n".join([*rows, railed, *rows[::-1], railed, ""]), QUANTA)
    assert [bool(trace.rejected) for trace in found.traces] == [False] * 7 + [True] * 6 + [False]
    assert found.traces[7].rejected == "the same as a.csv row 6"


# --- Igor


def igor_text(rows):
    return (
        f'IGOR\nWAVES/D\tcurrent_0\tcurrent_1\nBEGIN\n{rows}END\nX SetScale d 0,0,"nA", current_0,current_1\n'
    )


@pytest.mark.parametrize(("first", "second"), [(N, 50), (50, N), (N, N - 1)])
def test_waves_of_different_lengths(tmp_path, first, second):
    rows = "".join(
        f"\t{f'{G[i]:.6g}' if i < first else ''}\t{f'{2 * G[i]:.6g}' if i < second else ''}\n"
        for i in range(N)
    )
    found = imported(tmp_path / "a.itx", igor_text(rows))
    one, two = (trace.values("current") for trace in found.traces)
    assert one == pytest.approx(1e-9 * G[:first]) and two == pytest.approx(2e-9 * G[:second])
    assert (
        f"waves of different lengths in one block: current_0 {first}, current_1 {second}" in found.from_file
    )


def test_a_wave_with_a_hole_is_refused(tmp_path):
    with pytest.raises(ForeignFile, match=r"line 6 holds numbers of wave current_1, .* write NaN there"):
        imported(tmp_path / "a.itx", igor_text("\t1\t2\n\t1\n\t1\t2\n"))


def igor_experiment(path, cut):
    content = b""
    for number in range(2):
        for name, values, unit in (("current", KNOWN_nA, "nA"), ("voltage", np.full(60, 0.1), "V")):
            wave, held = IgorWave(values, name=f"{name}_{number}"), io.BytesIO()
            wave.set_datascale(unit)
            wave.save(held)
            content += packed(3, held.getvalue())
    path.write_bytes(content[: int(cut * len(content))])


@pytest.mark.parametrize(("cut", "traces"), [(0.52, 1), (0.7, 1), (0.76, 2), (1.0, 2)])
def test_an_experiment_that_is_cut_short_is_read_up_to_there(tmp_path, cut, traces):
    igor_experiment(tmp_path / "a.pxp", cut)
    found = imported(tmp_path / "a.pxp")
    assert len(found.traces) == traces
    assert found.traces[0].values("conductance")[0] == pytest.approx(8000e-9 / 0.1 / G0_S)
    assert any("cut short" in phrase for phrase in found.from_file) == (cut < 1.0)


def test_an_experiment_that_is_cut_in_its_first_wave_says_what_to_do(tmp_path):
    igor_experiment(tmp_path / "a.pxp", 0.1)
    with pytest.raises(ForeignFile, match="save it once more in Igor"):
        imported(tmp_path / "a.pxp")


# --- a power cut, and a spreadsheet that took numbers for dates

TABLE = "Time (ms),Current (uA),Bias (mV)\n" + lines("{:.3f},{:.5f},100\n", 1e3 * TIME_s, 1e6 * CURRENT_A)


@pytest.mark.parametrize(
    "end", ["6.000", "6.000,0.000", "6.000,7.7e-", "6.000,0.00077,10", "6.000,0.0\0\0\0\0\0\0\0"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_last_line_that_is_cut_is_left_out_and_said(tmp_path, end, encoding):
    if "\0" in end and encoding == "utf-16":
        pytest.skip("zero bytes are half of this encoding")
    found = imported(tmp_path / "a.csv", TABLE + end, encoding=encoding)
    assert [len(trace) for trace in found.traces] == [N]
    assert found.extremes["bias"] == pytest.approx((0.1, 0.1))
    assert any("cut short" in phrase for phrase in found.from_file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_whole_last_line_without_its_end_is_read(tmp_path, encoding):
    found = imported(tmp_path / "a.csv", TABLE.rstrip("\n"), encoding=encoding)
    assert [len(trace) for trace in found.traces] == [N]
    assert not any("cut short" in phrase for phrase in found.from_file)


def test_a_last_row_that_is_cut_is_no_trace(tmp_path):
    rows = [",".join(f"{x:.6g}" for x in (1 + 0.01 * k) * G) for k in range(12)]
    found = imported(tmp_path / "a.csv", "\n".join([*rows, rows[0][:200]]), QUANTA)
    assert [len(trace) for trace in found.traces] == [N] * 12
    assert any("ends inside line 13 (cut short)" in phrase for phrase in found.from_file)


def test_rows_with_a_word_above_the_numbers_are_said(tmp_path):
    head, _, body = TABLE.partition("\n")
    found = imported(tmp_path / "a.csv", f"{head}\n0.000,03. May,100\n0.050,04. May,100\n{body}")
    assert any("2 rows down to line 3, with '04. May'" in phrase for phrase in found.from_file)
