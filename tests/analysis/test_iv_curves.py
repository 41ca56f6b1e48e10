"""I-V curves from files and recordings, and their means."""

import numpy as np
import pytest

from analysis.iv_curves import Curve, log_mean_curve, mean_curve, read_curve
from analysis.recording import Channel, RecordingWriter, RunHeader
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
    curve = read_curve(tmp_path / name)
    assert curve.voltage_V == pytest.approx(V)
    assert curve.current_A == pytest.approx(2 * V * factor)
    assert curve.sigma_A is None


def test_a_column_of_uncertainties_is_kept(tmp_path):
    rows = "\n".join(f"{v},{v},{0.1 + abs(v)}" for v in V.tolist())
    (tmp_path / "a.csv").write_text(f"voltage,current,sigma\n{rows}")
    data = mean_curve([read_curve(tmp_path / "a.csv")])
    assert data.sigma_A == pytest.approx(0.1 + np.abs(V))


@pytest.mark.parametrize("text", ["time,extension\n1,2\n3,4\n", "words only\n"])
def test_files_without_a_curve_are_named(tmp_path, text):
    (tmp_path / "wrong.csv").write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.csv"):
        read_curve(tmp_path / "wrong.csv")
    with pytest.raises(ValueError, match=r"absent\.csv"):
        read_curve(tmp_path / "absent.csv")


def test_mean_and_standard_deviation_of_repeated_voltages():
    rng = np.random.default_rng(1)
    curves = [Curve("", V, V + 0.1 * rng.normal(size=V.size)) for _ in range(400)]
    data = mean_curve(curves)
    assert data.voltage_V == pytest.approx(V)
    assert data.current_A == pytest.approx(V, abs=0.03)
    assert data.sigma_A == pytest.approx(np.full(V.size, 0.1), rel=0.2)


def test_voltages_that_do_not_repeat_have_no_deviation():
    data = mean_curve([Curve("", V, V**3)])
    assert data.sigma_A is None
    assert data.current_A == pytest.approx(V**3)


def test_many_different_voltages_are_taken_in_steps():
    rng = np.random.default_rng(2)
    voltage = rng.uniform(-1, 1, 20_000)
    data = mean_curve([Curve("", voltage, 3 * voltage)])
    assert data.voltage_V.size == 200
    assert data.current_A == pytest.approx(3 * data.voltage_V, abs=1e-12)


def test_logarithmic_mean_is_geometric_and_leaves_noise_about_zero_out():
    V2 = np.array([-0.5, 0.0, 0.5])
    curves = [Curve("", V2, np.array([-1.0, 0.1, 1.0]) * factor) for factor in (1e-9, 1e-7)]
    data = log_mean_curve(curves)
    assert data.voltage_V == pytest.approx([-0.5, 0.5])
    assert data.current_A == pytest.approx([-1e-8, 1e-8])
    assert data.sigma_ln == pytest.approx(np.full(2, np.log(100) / np.sqrt(2)))


def test_a_recording_gives_the_voltage_of_the_junction_at_every_gain(tmp_path):
    """Junction of 1 Mohm behind 1 Mohm: half the bias; the gain goes up half-way."""
    bias = np.repeat(V, 20)
    current = bias / 2e6
    gain = np.where(np.arange(bias.size) < 110, 1e6, 1e7)
    header = RunHeader(
        procedure="test",
        channels=(Channel("current"), Channel("bias")),
        rate_Hz=1000.0,
        settings={"current_gain_V_per_A": 1e6, "series_resistance_ohm": 1e6},
    )
    with RecordingWriter(tmp_path / "iv.h5", header) as writer:
        writer.add_event(Event(110, EventKind.SETTING, "current_gain_V_per_A", {"value": 1e7}))
        writer.append(Block(0, 1000.0, ("current", "bias"), np.stack([current * gain, bias])))
        writer.close("finished")
    curve = read_curve(tmp_path / "iv.h5")
    assert curve.current_A == pytest.approx(current)
    assert curve.voltage_V == pytest.approx(bias / 2)
