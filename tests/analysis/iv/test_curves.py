"""I-V curves from files and recordings, and their means."""

import numpy as np
import pytest

from analysis.iv.curves import Curve, junction_curves, read_curves
from analysis.recording import RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind

V = np.linspace(-1.0, 1.0, 11)


@pytest.mark.parametrize(
    ("name", "text", "factor"),
    [
        ("a.csv", "voltage_V,current_A\n{rows}", 1.0),
        ("b.txt", "Bias (V)\tCurrent (nA)\n{rows}", 1e-9),
        ("c.txt", "{rows}", 1.0),
        ("d.csv", "V,I\n{rows}", 1.0),
    ],
)
def test_columns_are_known_by_their_names_and_units(tmp_path, name, text, factor):
    separator = "," if name.endswith("csv") else "\t"
    rows = "\n".join(f"{v!r}{separator}{2 * v!r}" for v in V.tolist())
    (tmp_path / name).write_text(text.format(rows=rows))
    (curve,) = read_curves([tmp_path / name]).curves
    assert curve.voltage_V == pytest.approx(V)
    assert curve.current_A == pytest.approx(2 * V * factor)
    assert curve.sigma_A is None


def test_a_column_of_uncertainties_is_kept(tmp_path):
    rows = "\n".join(f"{v},{v},{0.1 + abs(v)}" for v in V.tolist())
    (tmp_path / "a.csv").write_text(f"voltage,current,sigma\n{rows}")
    found = read_curves([tmp_path / "a.csv"])
    assert found.curves[0].sigma_A == pytest.approx(0.1 + np.abs(V))
    (tmp_path / "b.csv").write_text(f"voltage,current,sigma\n{rows.replace('0.1', '0.2')}")
    assert any("not used" in note for note in read_curves([tmp_path / "a.csv", tmp_path / "b.csv"]).notes)


@pytest.mark.parametrize("text", ["time,extension\n1,2\n3,4\n", "words only\n"])
def test_files_without_a_curve_are_named(tmp_path, text):
    (tmp_path / "wrong.csv").write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.csv"):
        read_curves([tmp_path / "wrong.csv"])
    with pytest.raises(ValueError, match=r"absent\.csv"):
        read_curves([tmp_path / "absent.csv"])


def test_mean_and_its_error_over_junctions():
    rng = np.random.default_rng(1)
    data = junction_curves([Curve("", V, V + 0.1 * rng.normal(size=V.size)) for _ in range(400)]).mean()
    assert data.voltage_V == pytest.approx(V)
    assert data.current_A == pytest.approx(V, abs=0.03)
    assert data.sigma_A == pytest.approx(np.full(V.size, 0.1 / np.sqrt(400)), rel=0.2)


def test_the_curve_of_a_junction_is_the_mean_of_its_sweeps():
    """Two junctions, one of them swept four times: the mean is that of two."""
    once, often = (
        Curve("", V, V),
        Curve("", np.tile(V, 4), np.repeat([1.0, 2.0, 3.0, 6.0], V.size) * np.tile(V, 4)),
    )
    found = junction_curves([once, often])
    assert found.unit == "junction" and found.junctions == 2
    assert found.mean().current_A == pytest.approx(2 * V)


def test_repeated_sweeps_of_one_junction_are_told_from_junctions():
    """Up and down, three times: six sweeps, the ends of which were met three times only."""
    there_and_back = np.concatenate([V, V[-2:0:-1]])
    voltage = np.tile(there_and_back, 3)
    factor = np.repeat([1.0, 2.0, 3.0], there_and_back.size)
    found = junction_curves([Curve("", voltage, factor * voltage)])
    assert found.unit == "sweep" and found.junctions == 6
    assert found.mean().current_A == pytest.approx(2 * V)
    assert found.current_A[:, 4] == pytest.approx(V[4] * np.array([1, 1, 2, 2, 3, 3]))


def test_a_junction_under_two_names_counts_once(tmp_path):
    for name, factor in (("a.txt", 1.0), ("b.txt", 2.0), ("copy of a.txt", 1.0)):
        np.savetxt(tmp_path / name, np.transpose([V, factor * V]))
    found = read_curves(sorted(tmp_path.iterdir()))
    assert [curve.source for curve in found.curves] == ["a.txt", "b.txt"]
    assert found.notes[0] == "copy of a.txt holds the same values as a.txt: one junction, counted once."
    twice = read_curves([tmp_path / "a.txt", tmp_path / "a.txt"])
    assert len(twice.curves) == 1


def test_voltages_that_do_not_repeat_have_no_error():
    data = junction_curves([Curve("", V, V**3)]).mean()
    assert data.sigma_A is None
    assert data.current_A == pytest.approx(V**3)


def test_curves_at_voltages_of_their_own_still_count_as_junctions():
    found = junction_curves([Curve("", V + 0.01 * i, (V + 0.01 * i) * (1 + i)) for i in range(3)])
    assert found.mean().sigma_A is None
    assert [x.voltage_V.size for x in found.replicas()] == [2 * V.size] * 3


def test_many_different_voltages_are_taken_in_steps():
    rng = np.random.default_rng(2)
    voltage = rng.uniform(-1, 1, 20_000)
    data = junction_curves([Curve("", voltage, 3 * voltage)]).mean()
    assert data.voltage_V.size == 200
    assert data.current_A == pytest.approx(3 * data.voltage_V, abs=1e-3)


def test_logarithmic_mean_is_geometric_and_leaves_noise_about_zero_out():
    V2 = np.array([-0.5, 0.0, 0.5, 0.6])
    curves = [Curve("", V2, np.array([-1.0, 0.1, 1.0, -0.1]) * factor) for factor in (1e-9, 1e-7)]
    found = junction_curves(curves, "log")
    data = found.mean()
    assert data.voltage_V == pytest.approx([-0.5, 0.5])
    assert data.current_A == pytest.approx([-1e-8, 1e-8])
    assert data.sigma_ln == pytest.approx(np.full(2, np.log(100) / 2))
    assert found.notes == (
        "2 points left out, whose current and voltage differ in sign: they have no logarithm.",
    )


def test_logarithms_are_averaged_within_a_junction_first():
    many = Curve("", np.tile([-0.5, 0.5], 3), np.repeat([1e-9, 1e-8, 1e-7], 2) * np.tile([-1, 1], 3))
    few = Curve("", np.array([-0.5, 0.5]), np.array([-1e-10, 1e-10]))
    assert junction_curves([many, few], "log").mean().current_A == pytest.approx([-1e-9, 1e-9])


def test_a_recording_gives_the_voltage_of_the_junction_at_every_gain(tmp_path):
    """Junction of 1 Mohm behind 1 Mohm: half the bias; the gain goes up half-way."""
    bias = np.repeat(V, 20)
    current = bias / 2e6
    gain = np.where(np.arange(bias.size) < 110, 1e6, 1e7)
    header = RunHeader(
        procedure="test",
        channels=(RecordedChannel("current"), RecordedChannel("bias")),
        rate_Hz=1000.0,
        settings={"current_gain_V_per_A": 1e6, "series_resistance_ohm": 1e6},
    )
    with RecordingWriter(tmp_path / "iv.h5", header) as writer:
        writer.add_event(Event(110, EventKind.SETTING, "current_gain_V_per_A", {"value": 1e7}))
        writer.append(Block(0, 1000.0, ("current", "bias"), np.stack([current * gain, bias])))
        writer.close("finished")
    (curve,) = read_curves([tmp_path / "iv.h5"]).curves
    assert curve.current_A == pytest.approx(current)
    assert curve.voltage_V == pytest.approx(bias / 2)
