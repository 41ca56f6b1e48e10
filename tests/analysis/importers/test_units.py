"""The table of spellings of units, and what is not in it."""

from pathlib import Path

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers.fields import number_in
from analysis.importers.quantities import (
    ImportedColumn,
    UnknownUnit,
    overloaded,
    split_header,
    to_si,
)
from analysis.importers.unit_table import markdown, spellings
from analysis.importers.units import advice, unit_of

SPELLINGS = {
    ("V", 1.0): "V volt volts Volt Volts",
    ("V", 1e-3): "mV mVolt mVolts millivolt millivolts",
    ("V", 1e-6): "uV µV μV microvolts",
    ("V", 1e3): "kV",
    ("A", 1.0): "A amp amps Amps Ampere Amperes",
    ("A", 1e-3): "mA milliamps",
    ("A", 1e-6): "uA µA μA microamp microamps uAmps microA",
    ("A", 1e-9): "nA nanoamp nanoamps nAmps|10^-9 A|1e-9 A|1E-9 A|x10^-9 A|10⁻⁹ A|10-9 A|10**-9 A",
    ("A", 1e-12): "pA picoamps|10^-12A|10^-3 nA",
    ("A", 1e-15): "fA",
    ("S", 1.0): "S Siemens siemens 1/ohm 1/Ohm 1/Ω Ω⁻¹ ohm^-1",
    ("S", 1e-3): "mS 1/kohm",
    ("S", 1e-6): "uS µS MOhm^-1 1/MΩ",
    ("S", 1e-9): "nS nSiemens 1/Gohm",
    ("G0", 1.0): "G0 G_0 G₀ 2e^2/h 2e²/h 2e2/h (2e^2/h)|2 e^2/h",
    ("G0", 0.5): "e2/h e^2/h e²/h",
    ("G0", 1e-3): "mG0|1e-3 G0",
    ("A/m2", 1.0): "A/m2 A/m^2 A/m²|A m-2",
    ("A/m2", 1e4): "A/cm2 A/cm^2 A/cm²|A cm-2|A cm^-2",
    ("s", 1.0): "s sec seconds",
    ("s", 1e-3): "ms msec",
    ("s", 1e-6): "us µs",
    ("m", 1e-9): "nm nanometers",
    ("m", 1e-10): "Å angstrom",
    ("m", 1e-12): "pm",
    ("Hz", 1e3): "kHz",
    ("K", 1e-3): "mK",
}


CASES = [
    (base, factor, spelling)
    for (base, factor), text in SPELLINGS.items()
    for i, part in enumerate(text.split("|"))
    for spelling in (part.split() if i == 0 else [part])
]


@pytest.mark.parametrize(("base", "factor", "spelling"), CASES)
def test_a_spelling_is_its_unit(base, factor, spelling):
    unit = unit_of(spelling)
    assert unit is not None
    assert (unit.base, unit.factor) == (base, pytest.approx(factor, rel=1e-14))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "NA",
            "na",
            "MA",
            "MV",
            "KV",
            "PA",
            "a.u.",
            "arb",
            "%",
            "pA/√Hz",
            "V/A",
            "A/s",
            "furlongs",
            "e2/hour",
        ),
        *("h", "M", "G", "0", "1", "-1", "sS", "bits", "volts-1", "100", "", "100 A", "10E-9 A", "nA nA"),
        *("10^-9", "10^-9 log10(G/G0)"),
    ],
)
def test_what_is_ambiguous_or_foreign_is_no_unit(text):
    assert unit_of(text) is None


def test_degrees_and_logarithms_are_converted():
    assert unit_of("degC").convert(np.array([20.0])) == pytest.approx([293.15])
    assert unit_of("log10(G/G0)").convert(np.array([-2.0, 0.0])) == pytest.approx([0.01, 1.0])


def test_ambiguous_capitals_get_advice():
    assert advice("NA") == ", perhaps nA?"
    assert advice("na") == ", perhaps nA?"
    assert advice("furlongs") == ""


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Current (microamps)", "Current", "microamps"),
        ("Current (10^-9 A)", "Current", "10^-9 A"),
        ("Conductance [2e^2/h]", "Conductance", "2e^2/h"),
        ("Conductance (log10(G/G0))", "Conductance", "log10(G/G0)"),
        ("G/G0", "conductance", "G/G0"),
        ("Current / furlongs", "Current", "furlongs"),
        ("I_microamps", "I", "microamps"),
        ("Source volts", "Source", "volts"),
        ("mV", "voltage", "mV"),
        ("nA", "current", "nA"),
        ("log10(G/G0)", "conductance", "log10(G/G0)"),
        ("V", "V", ""),
        ("I", "I", ""),
        ("dI/dV", "dI/dV", ""),
    ],
)
def test_headers_are_split_into_name_and_unit(header, name, unit):
    assert split_header(header) == (name, unit)


def test_conductance_becomes_quanta():
    for unit, factor in (("nS", 1e-9 / G0_S), ("1/ohm", 1.0 / G0_S), ("e2/h", 0.5), ("mG0", 1e-3)):
        converted = to_si(ImportedColumn("conductance", np.array([2.0]), unit))
        assert converted.unit == "G0"
        assert converted.values == pytest.approx([2.0 * factor], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "unit", "sentence"),
    [
        (
            "current",
            "furlongs",
            r"unit 'furlongs' of column 'current' is unknown: give its unit, such as --unit current=nA",
        ),
        (
            "current",
            "NA",
            r"unit 'NA' of column 'current' is unknown, perhaps nA\?: give its unit, such as --unit current=nA",
        ),
        (
            "conductance",
            "nA",
            r"'nA' of column 'conductance' is no unit of conductance: give its unit, such as --unit conductance=",
        ),
        ("time", "S", "is no unit of time"),
        ("bias", "e2/h", "give its unit, such as --unit bias=mV"),
    ],
)
def test_unknown_and_wrong_units_are_asked_for_by_name(name, unit, sentence):
    with pytest.raises(UnknownUnit, match=sentence):
        to_si(ImportedColumn(name, np.ones(2), unit))


def test_columns_that_enter_no_number_keep_their_unit():
    assert to_si(ImportedColumn("humidity", np.ones(2), "%")).unit == "%"
    assert to_si(ImportedColumn("current", np.ones(2))).unit == ""


def test_words_and_numbers_of_overload_are_known():
    written = ["OVLD", "-OVLD", "----", "Overload", "9.9E37", "+9.91E+37", "-1.99999E99", "9.900000e+37"]
    assert overloaded(np.array([number_in(field) for field in written])).all()
    assert number_in("-OVLD") < 0 < number_in("----")
    kept = ["1,5", "-3e-9", "1e300", "1e37", "inf", ""]
    assert not overloaded(np.array([number_in(field) for field in kept])).any()
    assert np.isnan(number_in("--"))
    for other in ("words", "1.2.3"):
        with pytest.raises(ValueError, match="could not convert"):
            number_in(other)


def test_the_table_of_the_documentation_is_that_of_the_code():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "imported-files.md").read_text("utf-8")
    assert markdown() in page


def test_every_spelling_of_the_table_is_read():
    words = [word for words in spellings().values() for word in words if "(" not in word]
    assert len(words) > 100
    assert all(unit_of(word) is not None for word in words)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("log10(G/G0)", 0.01),
        ("log(G/G0)", 0.01),
        ("lg(I/nA)", 1e-11),
        ("log10(|I|/pA)", 1e-14),
        ("log10(nA)", 1e-11),
        ("log10(J/(A/cm2))", 1e2),
        ("ln(I/A)", np.exp(-2.0)),
    ],
)
def test_logarithms_of_any_unit_are_read(text, value):
    assert unit_of(text).convert(np.array([-2.0])) == pytest.approx([value])


@pytest.mark.parametrize(
    "text", ["log10", "log10(I)", "log|I|", "log10(furlongs)", "log10(degC)", "log10(log10(A))"]
)
def test_a_logarithm_of_an_unknown_unit_is_none(text):
    assert unit_of(text) is None


def test_a_log_amplifier_in_volts_is_no_logarithm_of_volts():
    column = ImportedColumn("log_current", np.array([2.0]), "V")
    assert to_si(column).name == "log_current"
    assert to_si(ImportedColumn("log_current", np.array([2.0]), "nA")).values == pytest.approx([1e-7])
