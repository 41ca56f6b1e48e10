"""Transmissions: their shapes, their pole sums, tables and their readers."""

import builtins
import importlib
import json

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.transport.landauer import currents, linear_response
from analysis.transport.quadrature import TransmissionShape, thermal_moments
from analysis.transport.table import ENERGY_UNITS_eV, TableTransmission, read_table
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

ENERGY = np.linspace(-2.0, 2.0, 801)


def summed(poles, energy):
    return poles.background + 2 * (poles.residue_eV / (energy[:, None] - poles.pole_eV)).sum(axis=1).real


def test_symmetric_level_reaches_one_at_its_energy_and_a_half_at_its_half_width():
    transmission = LevelTransmission([BreitWignerLevel(0.4, 0.1, 0.1)])
    assert transmission(0.4) == pytest.approx(1.0)
    assert transmission([0.3, 0.5]) == pytest.approx([0.5, 0.5])


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(1e-3, 1.0), st.floats(1e-3, 1.0))
def test_pole_sum_is_the_transmission(energy, probe, substrate):
    transmission = LevelTransmission(
        [BreitWignerLevel(energy, probe, substrate), BreitWignerLevel(0.3, 0.02, 0.5)]
    )
    assert summed(transmission.poles(), ENERGY) == pytest.approx(transmission(ENERGY), rel=1e-9)


@pytest.mark.parametrize(("drop", "moved"), [(0.0, 0.5), (0.5, 0.0), (1.0, -0.5), (0.25, 0.25)])
def test_a_level_follows_the_electrode_that_it_is_pinned_to(drop, moved):
    """At 1 V the probe's chemical potential is +0.5 eV, the substrate's -0.5 eV."""
    transmission = LevelTransmission([BreitWignerLevel(0.2, 0.01, 0.01, drop)])
    assert transmission(0.2 + moved, 1.0) == pytest.approx(1.0)
    table = TableTransmission(ENERGY, transmission(ENERGY), bias_drop=drop)
    assert table(0.2 + moved, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "wrong", [(np.nan, 0.1, 0.1), (0.1, -0.1, 0.1), (0.1, 0.0, 0.0), (0.1, 0.1, np.inf), (0.1, 0.1, 0.1, 1.5)]
)
def test_impossible_levels_are_refused(wrong):
    with pytest.raises(ValueError, match=r"energy_eV|gamma|bias_drop"):
        BreitWignerLevel(*wrong)


def test_negative_flat_transmission_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        FlatTransmission(-0.1)


# --- tables --------------------------------------------------------------------------------------------------------


def test_table_keeps_its_edge_or_vanishes_outside():
    edge = TableTransmission(np.array([0.0, 1.0]), np.array([0.2, 0.4]))
    zero = TableTransmission(np.array([0.0, 1.0]), np.array([0.2, 0.4]), outside="zero")
    assert edge([-1.0, 0.5, 3.0]) == pytest.approx([0.2, 0.3, 0.4])
    assert zero([-1.0, 0.5, 3.0]) == pytest.approx([0.0, 0.3, 0.0])


def test_constant_table_is_the_flat_transmission():
    table, flat = TableTransmission(np.array([-9.0, 0.1, 9.0]), np.full(3, 0.6)), FlatTransmission(0.6)
    ours, expected = (currents(x, [1e-6, 0.3, 2.0], 300.0, 200.0) for x in (table, flat))
    assert ours.current_A == pytest.approx(expected.current_A, rel=1e-11)
    assert ours.heat_probe_W == pytest.approx(expected.heat_probe_W, rel=1e-11)
    ours, expected = (linear_response(x, 30.0) for x in (table, flat))
    assert ours.conductance_G0 == pytest.approx(0.6, rel=1e-12)
    assert ours.thermal_conductance_W_per_K == pytest.approx(expected.thermal_conductance_W_per_K, rel=1e-12)
    assert abs(ours.seebeck_V_per_K) < 1e-15


@pytest.mark.parametrize(("interpolation", "order"), [("linear", 2), ("pchip", 3)])
def test_a_table_says_how_coarse_it_is(interpolation, order):
    """The stated accuracy covers the true error, and both fall with the step of the table as they should."""
    level = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])
    V = np.array([0.3, 1.1, 1.7])
    true = currents(level, V)
    errors = []
    for points in (401, 1601):
        energy = np.linspace(-4.0, 4.0, points)
        result = currents(TableTransmission(energy, level(energy), interpolation=interpolation), V)
        error = np.abs(result.current_A / true.current_A - 1)
        assert np.all(error <= 1.1 * result.accuracy)
        assert np.all(result.accuracy < 300 * error)
        errors.append(error.max())
    assert errors[0] / errors[1] > 0.8 * 4**order


def test_a_window_wider_than_the_table_shows_in_the_accuracy():
    table = TableTransmission(np.array([-0.2, 0.0, 0.2]), np.array([0.1, 0.1, 0.1]))
    result = currents(table, [0.1, 1.0])
    assert result.accuracy[0] < 0.05 < 0.3 < result.accuracy[1]


@pytest.mark.parametrize(
    ("energy", "values", "why"),
    [
        ([0.0], [1.0], "two or more"),
        ([0.0, 0.0], [1.0, 1.0], "twice"),
        ([0.0, 1.0], [1.0, -0.5], "negative"),
        ([0.0, np.nan], [1.0, 0.5], "finite"),
    ],
)
def test_impossible_tables_are_refused(energy, values, why):
    with pytest.raises(ValueError, match=why):
        TableTransmission(np.array(energy), np.array(values))


FILES = {
    "table.csv": "energy,transmission\n-1,0.1\n0,0.2\n1,0.5\n",
    "table.txt": "# E (eV)  tau\n 1.0  0.5\n 0.0  0.2\n-1.0  0.1\n\n",
    "semicolon.dat": "-1;0.1;9\n0;0.2;9\n1;0.5;9\n",
    "pairs.json": "[[-1, 0.1], [0, 0.2], [1, 0.5]]",
    "object.json": json.dumps({"energy": [-1, 0, 1], "transmission": [0.1, 0.2, 0.5]}),
    "siesta.TBT.AVTRANS_Left-Right": "#  Energy [eV]  T\n -1.0 1.0E-1\n 0.0 2.0E-1\n 1.0 5.0E-1\n",
}


@pytest.mark.parametrize("name", FILES)
def test_tables_are_read_from(name, tmp_path):
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    table = read_table(tmp_path / name)
    assert table.energy_eV == pytest.approx([-1, 0, 1])
    assert table.values == pytest.approx([0.1, 0.2, 0.5])


@pytest.mark.parametrize("unit", ENERGY_UNITS_eV)
def test_energies_are_converted_and_counted_from_the_fermi_energy(unit, tmp_path):
    (tmp_path / "t.txt").write_text("3 0.1\n5 0.3\n")
    table = read_table(tmp_path / "t.txt", unit, fermi=4.0)
    assert table.energy_eV == pytest.approx(np.array([-1, 1]) * ENERGY_UNITS_eV[unit])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "no numbers here\n"),
        ("b.txt", "1 2\n3 four\n"),
        ("c.json", "{}"),
        ("d.json", "[1, 2]"),
        ("e.csv", "1\n2\n"),
    ],
)
def test_files_without_a_table_are_refused_by_name(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name):
        read_table(tmp_path / name)


def test_unknown_unit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="hartree"):
        read_table(tmp_path / "t.txt", "hartree")


def test_a_tbtrans_file_without_sisl_says_what_to_install(tmp_path, monkeypatch):
    def absent(name, *rest):
        if name == "sisl":
            raise ModuleNotFoundError(name)
        return builtins.__import__(name, *rest)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ModuleNotFoundError, match="pip install sisl"):
        read_table(tmp_path / "siesta.TBT.nc")


@pytest.mark.filterwarnings("ignore")
def test_a_tbtrans_file_is_read_through_sisl(tmp_path):
    """Laid out as TBtrans does: energies in Rydberg, a group an electrode, transmission by k-point with weights."""
    netCDF4 = pytest.importorskip("netCDF4")
    pytest.importorskip("sisl")
    energy = np.linspace(-1.0, 1.0, 21)
    tau = 0.1 + 0.05 * energy
    with netCDF4.Dataset(tmp_path / "siesta.TBT.nc", "w") as file:
        for name, size in {"ne": None, "nkpt": 2, "xyz": 3, "one": 1}.items():
            file.createDimension(name, size)
        file.createVariable("E", "f8", ("ne",))[:] = energy / ENERGY_UNITS_eV["Ry"]
        file["E"].unit = "Ry"
        file.createVariable("kpt", "f8", ("nkpt", "xyz"))[:] = np.zeros((2, 3))
        file.createVariable("wkpt", "f8", ("nkpt",))[:] = [0.25, 0.75]
        for name, other in (("Left", "Right"), ("Right", "Left")):
            group = file.createGroup(name)
            group.createVariable("mu", "f8", ("one",))[:] = 0.0
            group.createVariable("kT", "f8", ("one",))[:] = 0.0019
            group.createVariable(f"{other}.T", "f8", ("nkpt", "ne"))[:] = [tau + 0.03, tau - 0.01]
    table = read_table(tmp_path / "siesta.TBT.nc")
    assert table.energy_eV == pytest.approx(energy, abs=1e-12)
    assert table.values == pytest.approx(tau)


def test_a_table_of_two_points_cannot_tell_its_accuracy():
    """Nothing to compare with: 1.7e-13 was claimed, as of the straight line between them."""
    table = TableTransmission(np.array([-1.0, 1.0]), np.array([0.1, 0.3]))
    assert np.all(np.isinf(currents(table, [0.1, 0.3]).accuracy))
    assert np.isinf(linear_response(table).accuracy)


def test_a_current_that_is_zero_has_no_relative_accuracy():
    gap = TableTransmission(np.linspace(1.0, 2.0, 11), np.ones(11), outside="zero")
    found = currents(gap, [0.01, 1.9], 1.0, 1.0)
    assert found.current_A[0] == 0.0
    assert np.isinf(found.accuracy[0])
    assert np.all(found.accuracy > 1)  # the other choice outside changes everything


@pytest.mark.parametrize("distance", [45.0, 51.0, 60.0, 80.0])
def test_a_resonance_far_from_the_window_is_seen_to_the_stated_accuracy(distance):
    """Against mpmath: a needle 1e16 higher than what lies at E_F, as far as its thermal tail counts."""
    kT, mu = 0.02, np.zeros(1)
    e, g, floor = distance * kT, 1e-3 * kT, 1e-16
    needle = TransmissionShape(
        lambda E: floor + g * g / ((E - e) ** 2 + g * g), np.empty(0), np.array([e + 1j * g])
    )
    found = thermal_moments(needle, mu, np.array([kT]))[:, 0]
    with mpmath.workdps(40):
        edges = [mpmath.mpf(x) for x in (-300, -30, 0, 30)] + [
            mpmath.mpf(distance) + sign * mpmath.mpf(10) ** k * mpmath.mpf("1e-3")
            for sign, powers in ((-1, (3, 2, 1, 0)), (1, (0, 1, 2, 3)))
            for k in powers
        ]
        edges = [*sorted(x for x in edges if x < 300), mpmath.mpf(300)]

        def of(n):
            def integrand(x):
                tau = floor + mpmath.mpf("1e-6") / ((x - distance) ** 2 + mpmath.mpf("1e-6"))
                return x**n * tau * mpmath.exp(-abs(x)) / (1 + mpmath.exp(-abs(x))) ** 2

            return float(mpmath.quad(integrand, edges)) * kT**n

        exact = np.array([of(n) for n in range(3)])
    size = np.array([exact[0], np.sqrt(exact[0] * exact[2]), exact[2]])
    assert np.all(np.abs(found - exact) < 1e-13 * size)
