"""Headings, cells and tables that invite a wrong number: read right, or asked for with what to type."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.options import ColumnChoice, Cut

BIAS_V = 0.1
G = np.concatenate([np.linspace(8.0, 3.5, 10), np.full(20, 1.95), np.full(20, 0.98), np.full(70, 1e-4)])
CURRENT_nA = G * G0_S * BIAS_V * 1e9
N = len(G)
BIAS = np.full(N, BIAS_V)
QUANTA = ImportOptions(units={"conductance": "G0"})


def table(path, heading, *columns, separator="\t"):
    rows = [
        separator.join(x if isinstance(x, str) else f"{x:.7g}" for x in row)
        for row in zip(*columns, strict=True)
    ]
    path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    return path


def imported(path, options=None):
    options = options or ImportOptions()
    return assemble(read_file(path, options=options), options)


def conductance(found, trace=0):
    return found.traces[trace].values("conductance")


# --- headings that are not those of the junction


@pytest.mark.parametrize(
    "heading",
    ["Gate voltage (V)", "V_gate (V)", "V_g (V)", "Heater voltage (V)", "Thermocouple voltage (V)", "Noise voltage (V)",
     "Voltage setpoint (V)", "Voltage piezo (V)", "Lock-in U (V)"],
)  # fmt: skip
def test_another_voltage_is_no_bias(tmp_path, heading):
    found = imported(
        table(tmp_path / "a.txt", f"{heading}\tCurrent (nA)", np.linspace(0.1, 5, N), CURRENT_nA)
    )
    assert conductance(found) is None
    assert "bias" in found.unknowns


@pytest.mark.parametrize(
    "heading", ["Gate current (nA)", "I_heater (mA)", "Leakage current (nA)", "Current limit (A)"]
)
def test_another_current_is_not_that_of_the_junction(tmp_path, heading):
    found = imported(table(tmp_path / "a.txt", f"Bias (V)\t{heading}", BIAS, CURRENT_nA))
    assert conductance(found) is None
    assert found.unknowns[0].startswith("which column is the current")


@pytest.mark.parametrize("heading", ["T (K)", "T (degC)", "Z (Ohm)", "T [mK]"])
def test_a_letter_with_the_unit_of_another_quantity_is_that_quantity(tmp_path, heading):
    found = imported(
        table(tmp_path / "a.txt", f"{heading}\tV (V)\tI (nA)", np.full(N, 4.2), BIAS, CURRENT_nA)
    )
    assert conductance(found) == pytest.approx(G, rel=1e-4)
    assert np.isnan(found.rate_Hz)


def test_a_current_density_is_none_of_the_currents(tmp_path):
    found = imported(table(tmp_path / "a.txt", "Bias (V)\tCurrent density (A/cm2)", BIAS, CURRENT_nA))
    assert {c.name: c.unit for c in found.channels} == {"bias": "V", "current_density": "A/m2"}


@pytest.mark.parametrize(
    "heading", ["Current x1e9 (A)", "Current*1E9 (A)", "Current × 10^9 (A)", "I·10⁹ (A)"]
)
def test_a_power_of_ten_in_the_name_is_asked_for(tmp_path, heading):
    path = table(tmp_path / "a.txt", f"Bias (V)\t{heading}", BIAS, CURRENT_nA)
    with pytest.raises(ForeignFile, match=r"of column 'current' is unknown: give its unit"):
        imported(path)
    stated = ImportOptions(units={"current": "nA"})
    assert conductance(imported(path, stated)) == pytest.approx(G, rel=1e-4)


def test_logarithms_called_quanta_are_told(tmp_path):
    found = imported(table(tmp_path / "a.txt", "z (nm)\tG (G0)", np.arange(N), np.log10(G)))
    assert "--unit 'conductance=log10(G/G0)'" in found.unknowns[-1]


# --- cells


def stamps(form, start_s=0.0):
    """Times of day half a second apart."""
    seconds = (start_s + 0.5 * np.arange(N)) % 86_400.0
    return [form.format(h=int(s // 3600), m=int(s // 60 % 60), s=s % 60, day=1 + (start_s + 0.5 * i >= 86_400))
            for i, s in enumerate(seconds)]  # fmt: skip


LATE_s = 86_400.0 - 20.0
CLOCK = "{h:02d}:{m:02d}:{s:04.1f}"


@pytest.mark.parametrize(
    "columns",
    [
        [[f"2026-03-0{1 + (i >= 40)}" for i in range(N)], stamps(CLOCK, LATE_s)],
        [stamps(f"2026/03/0{{day}} {CLOCK}", LATE_s)],
        [stamps(f"0{{day}}-Mar-2026 {CLOCK}", LATE_s)],
        [stamps(f"0{{day}}.03.26 {CLOCK}", LATE_s)],
        [stamps(CLOCK, LATE_s)],
        [stamps(f"0{{day}}/03/2026 {CLOCK}", LATE_s)],
        [stamps(f"1{{day}}/03/2026 {CLOCK}", LATE_s)],
        [[f"1{1 + (i >= 40)}/03/2026" for i in range(N)], stamps(CLOCK, LATE_s)],
    ],
    ids=[
        "date and time",
        "Japan",
        "MATLAB",
        "two digits",
        "midnight",
        "day or month",
        "day 12 to 13",
        "two columns",
    ],
)
def test_times_go_on_past_midnight(tmp_path, columns):
    names = ["Date", "Time"][2 - len(columns) :]
    heading = ";".join([*names, "Current (nA)", "Bias (V)"])
    found = imported(table(tmp_path / "a.csv", heading, *columns, CURRENT_nA, BIAS, separator=";"))
    assert found.traces[0].values("time") == pytest.approx(0.5 * np.arange(N))
    numbered = ImportOptions(columns={"current": ColumnChoice(str(len(columns) + 1), "nA")})
    assert conductance(imported(tmp_path / "a.csv", numbered)) == pytest.approx(G, rel=1e-4)
    assert found.rate_Hz == pytest.approx(2.0)
    assert conductance(found) == pytest.approx(G, rel=1e-4)


def test_dates_and_times_between_blanks(tmp_path):
    path = table(tmp_path / "a.txt", "Date Time I(nA) V(V)", ["2026-03-01"] * N, stamps(CLOCK), CURRENT_nA, BIAS,
                 separator=" ")  # fmt: skip
    assert imported(path).rate_Hz == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("word", "value"),
    [("1.#INF", np.inf), ("-1.#IND", np.nan), ("1.#QNAN", np.nan), ("#NUM!", np.nan), ("#DIV/0!", np.nan),
     ("1E+38", np.inf), ("199.999E+99", np.inf), ("**********", np.inf)],
)  # fmt: skip
def test_words_of_programs_and_meters_are_no_numbers(tmp_path, word, value):
    cells = [word if i == 5 else f"{x:.7g}" for i, x in enumerate(CURRENT_nA)]
    found = imported(table(tmp_path / "a.csv", "Bias (V),Current (nA)", BIAS, cells, separator=","))
    expected = np.where(np.arange(N) == 5, value, G)
    assert conductance(found) == pytest.approx(expected, rel=1e-4, nan_ok=True)
    assert any("kept that are" in count for count in found.counts)


def test_a_number_too_wide_for_fortran_is_no_comment(tmp_path):
    cells = ["**************" if i == 5 else f"{x:14.6E}".replace("E", "D") for i, x in enumerate(CURRENT_nA)]
    found = imported(table(tmp_path / "a.dat", "* run 7\n# I (nA)  V (V)", cells, BIAS, separator=" "))
    assert len(conductance(found)) == N
    assert np.isposinf(conductance(found)[5])


def test_decimal_commas_between_blanks_with_whole_numbers(tmp_path):
    cells = [f"{x:.5g}".replace(".", ",") for x in CURRENT_nA]  # the first is whole
    found = imported(table(tmp_path / "a.txt", "V (V) I (nA)", ["0,1"] * N, cells, separator=" "))
    assert "," not in cells[0]
    assert conductance(found) == pytest.approx(G, rel=1e-4)


@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_commas_between_thousands_of_whole_numbers_are_no_decimal_commas(tmp_path, separator):
    current_pA = np.round(CURRENT_nA * 1e3)
    quote = '"' if separator == "," else ""
    cells = [f"{quote}{x:,.0f}{quote}" for x in current_pA]
    path = table(tmp_path / "a.txt", separator.join(["Bias (mV)", "Current (pA)"]), ["100"] * N, cells,
                 separator=separator)  # fmt: skip
    assert imported(path).traces[0].values("current") == pytest.approx(current_pA * 1e-12)
    german = [f"{quote}{x:.3f}{quote}".replace(".", ",") for x in CURRENT_nA]
    path = table(tmp_path / "b.txt", separator.join(["Bias (mV)", "Current (nA)"]), ["100"] * N, german,
                 separator=separator)  # fmt: skip
    assert imported(path).traces[0].values("current") == pytest.approx(CURRENT_nA * 1e-9, abs=1e-12)


def test_other_units_in_a_comment_among_the_numbers_are_refused(tmp_path):
    path = table(tmp_path / "a.txt", "# V (V) I (nA)", BIAS, CURRENT_nA)
    path.write_text(path.read_text("utf-8") * 2, encoding="utf-8")
    assert [len(trace) for trace in imported(path).traces] == [N, N]
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("0.1", "# touched the table\n0.1", 1) + "# V (V) I (pA)\n0.1\t3\n", encoding="utf-8"
    )
    with pytest.raises(
        ForeignFile, match=r"line 244 gives the columns other names or units .* split the file"
    ):
        imported(path)


@pytest.mark.parametrize(("cells", "said"), [(["BDA"] * N, "'BDA'"), ([f"{v} V" for v in BIAS], "'0.1 V'")])
def test_words_among_the_numbers_are_named(tmp_path, cells, said):
    with pytest.raises(ForeignFile, match=f"column 1 holds {said}"):
        imported(table(tmp_path / "a.csv", "Bias,Current (nA)", cells, CURRENT_nA, separator=","))


def test_text_in_four_bytes_a_letter(tmp_path):
    path = table(tmp_path / "a.txt", "Bias (V)\tCurrent (µA)", BIAS, CURRENT_nA / 1e3)
    path.write_text(path.read_text("utf-8"), encoding="utf-32")
    assert conductance(imported(path)) == pytest.approx(G, rel=1e-4)


# --- tables


def traces(n=24):
    rng = np.random.default_rng(3)
    return G * (1.0 + 0.01 * rng.standard_normal((n, N)))


def rows(path, values, above=""):
    path.write_text(
        above + "\n".join(",".join(f"{x:.7g}" for x in row) for row in values) + "\n", encoding="utf-8"
    )
    return path


DISTANCE = 0.02 * np.arange(N)
TABLES = {
    "distance in the first row": (np.vstack([DISTANCE, traces()]), "", "row 1 rises evenly and is not a trace"),
    "numbers of the rows": (np.column_stack([np.arange(24), traces()]), "", "column 1 numbers the rows"),
    "both, as pandas writes": (np.column_stack([np.arange(24), traces()]), "," + ",".join(map(str, range(N))) + "\n",
                               "column 1 numbers the rows"),
    "a comment above": (traces(), "# G/G0, 24 traces\n", "each row is a trace"),
    "a title above": (traces(), "Sample 7\n", "each row is a trace"),
    "distance in the first column": (np.column_stack([DISTANCE, traces().T]), "", "column 1 rises evenly"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_what_stands_beside_the_traces_is_no_sample(tmp_path, name):
    values, above, said = TABLES[name]
    found = imported(rows(tmp_path / "a.csv", values, above), QUANTA)
    assert [len(trace) for trace in found.traces] == [N] * 24
    assert conductance(found, 5) == pytest.approx(traces()[5], rel=1e-5)
    assert any(said in phrase for phrase in found.from_file)


@pytest.mark.parametrize(
    "part", [np.concatenate([G, G[::-1]]), np.concatenate([G[::-1], G])], ids=["out", "in"]
)
def test_an_opening_and_a_closing_in_one_are_to_be_cut(tmp_path, part):
    path = table(tmp_path / "a.txt", "G (G0)", part)
    assert "(1 of 1 hold an opening and a closing): --cut-between 2 0.1" in imported(path).unknowns[-1]
    table(path, "G (G0)", np.tile(part, 3))
    found = imported(path, ImportOptions(cut=Cut((2.0, 0.1))))
    assert set(found.directions) == {"opening", "closing"}
    assert not any("--cut-between" in phrase for phrase in found.unknowns)
    again = table(tmp_path / "b.txt", "G (G0)", np.concatenate([G, np.full(4, 3.0), np.full(50, 1e-4)]))
    assert not any("--cut-between" in phrase for phrase in imported(again).unknowns), "a short contact"


def test_the_ampersands_of_xmgrace_divide(tmp_path):
    path = table(tmp_path / "a.txt", "# z (nm) G (G0)", 0.02 * np.arange(N), G)
    body = path.read_text("utf-8").partition("\n")[2]
    path.write_text("# z (nm) G (G0)\n" + "&\n".join([body] * 3) + "&\n", encoding="utf-8")
    assert [len(trace) for trace in imported(path).traces] == [N] * 3


def test_a_reversed_channel_is_told_where_it_is_to_be_cut(tmp_path):
    path = table(tmp_path / "a.txt", "G (G0)", -np.tile(G, 4))
    with pytest.raises(ForeignFile, match="it is negative: --invert"):
        imported(path, ImportOptions(cut=Cut((2.0, 0.01))))
