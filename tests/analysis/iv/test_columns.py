"""I-V points from columns of text: units, what is assumed, what is left out, what is refused."""

import numpy as np
import pytest

from analysis.importers import ForeignFile, ImportOptions
from analysis.iv.columns import read_columns

V = np.linspace(-0.8, 0.8, 9)
A = 5e-9 * V**3


def write(path, heading, *columns):
    rows = "\n".join("\t".join(word if isinstance(word, str) else f"{word:.6e}" for word in row)
                     for row in zip(*columns, strict=True))  # fmt: skip
    path.write_text(f"{heading}\n{rows}\n" if heading else f"{rows}\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("heading", "volts", "amperes"),
    [
        ("Voltage (mV)\tCurrent (microamps)", 1e-3, 1e-6),
        ("Voltage (V)\tCurrent (10^-9 A)", 1.0, 1e-9),
        ("mV\tpA", 1e-3, 1e-12),
        ('# src\tdmm\n# "Source (V)"\t"Current (nA)"\n# 9', 1.0, 1e-9),
        ("Spannung (mV)\tStrom (nA)", 1e-3, 1e-9),
    ],
)
def test_units_of_the_heading_are_converted(tmp_path, heading, volts, amperes):
    found = read_columns(write(tmp_path / "iv.txt", heading, V / volts, A / amperes))
    assert found.voltage_V == pytest.approx(V)
    assert found.current_A == pytest.approx(A)


def test_an_uncertainty_without_a_unit_has_that_of_the_current(tmp_path):
    path = write(tmp_path / "iv.txt", "voltage (V)\tcurrent (nA)\tsigma", V, A * 1e9, 0.05 + np.abs(V))
    found = read_columns(path)
    assert found.sigma_A == pytest.approx(1e-9 * (0.05 + np.abs(V)))
    assert found.remarks == ()


def test_an_uncertainty_may_have_its_own_unit(tmp_path):
    path = write(
        tmp_path / "iv.txt", "voltage (V)\tcurrent (nA)\tsigma (pA)", V, A * 1e9, np.full(V.size, 50.0)
    )
    assert read_columns(path).sigma_A == pytest.approx(np.full(V.size, 5e-11))


@pytest.mark.parametrize("heading", ["", "voltage\tcurrent"])
def test_assumed_units_are_said_and_can_be_told(tmp_path, heading):
    path = write(tmp_path / "iv.txt", heading, V, A)
    assumed = read_columns(path)
    assert assumed.current_A == pytest.approx(A)
    assert "iv.txt: the heading has no unit; voltage in V and current in A assumed" in assumed.remarks[0]
    told = read_columns(path, ImportOptions(units={"current": "nA", "bias": "mV"}))
    assert told.current_A == pytest.approx(1e-9 * A)
    assert told.voltage_V == pytest.approx(1e-3 * V)
    assert told.remarks == ()


@pytest.mark.parametrize(
    ("heading", "sentence"),
    [
        (
            "Voltage (V)\tCurrent (furlongs)",
            r"iv\.txt: unit 'furlongs' of column 'current' is unknown: give its unit, such as --unit",
        ),
        ("Voltage (V)\tCurrent / furlongs", r"unit 'furlongs' of column 'current' is unknown"),
        ("Voltage (V)\tCurrent (NA)", "perhaps nA"),
        ("Voltage (nA)\tCurrent (V)", "is no unit of bias"),
        ("Voltage (V)\tCurrent (V)", "not in amperes"),
    ],
)
def test_a_current_in_an_unknown_unit_is_asked_for(tmp_path, heading, sentence):
    path = write(tmp_path / "iv.txt", heading, V, A)
    with pytest.raises(ForeignFile, match=sentence):
        read_columns(path)


def test_an_option_answers_for_a_unit_that_is_not_known(tmp_path):
    path = write(tmp_path / "iv.txt", "Voltage (V)\tCurrent (furlongs)", V, A)
    assert read_columns(path, ImportOptions(units={"current": "nA"})).current_A == pytest.approx(1e-9 * A)


def test_overloads_and_gaps_are_left_out_and_counted(tmp_path):
    current = [*A[:3], "9.9E37", "OVLD", "", *A[6:]]
    found = read_columns(write(tmp_path / "iv.txt", "Voltage (V)\tCurrent (A)", V, current))
    kept = [0, 1, 2, 6, 7, 8]
    assert found.voltage_V == pytest.approx(V[kept])
    assert found.current_A == pytest.approx(A[kept])
    assert found.remarks == (
        "iv.txt: 3 of 9 points left out: 2 with the meter overloaded (9.9e37, OVLD or similar), "
        "1 without a number.",
    )


def test_a_third_column_that_cannot_be_an_uncertainty_is_named(tmp_path):
    path = write(tmp_path / "iv.dat", "", V, A, -np.abs(V))
    with pytest.raises(
        ForeignFile, match=r"iv\.dat: column 3 .* was taken as the uncertainty.* 9 of its 9 values"
    ):
        read_columns(path)


def test_a_current_against_its_voltage_is_refused(tmp_path):
    path = write(tmp_path / "iv.txt", "Voltage (V)\tCurrent (nA)", V, -1e9 * A)
    with pytest.raises(
        ForeignFile, match=r"iv\.txt: the current and the voltage have opposite signs in 8 of 8"
    ):
        read_columns(path)


def test_sweeps_with_blank_lines_between_them_are_one_curve(tmp_path):
    sweep = "".join(f"{v:.2f}\t{1e-9 * v:.3e}\n" for v in np.linspace(-1.0, 1.0, 41))
    path = tmp_path / "iv.txt"
    path.write_text("Voltage (V)\tCurrent (A)\n" + sweep + "\n\n" + sweep)
    assert read_columns(path).voltage_V.size == 82


def test_a_second_column_of_current_is_left_out_in_words(tmp_path):
    rows = "".join(f"{v:.2f},{1e-9 * v:.3e},{2e-9 * v:.3e}\n" for v in np.linspace(-1.0, 1.0, 41))
    path = tmp_path / "iv.csv"
    path.write_text("Voltage (V),Current forward (A),Current backward (A)\n" + rows)
    assert "Current backward (A) left out" in " ".join(read_columns(path).remarks)
