"""Signs and units of docs/reference/conventions.md, from raw volts to the text of analysis, report and export."""

import csv
import re
from html import unescape

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.offline.many import analyse_files
from tests.conftest import draw_nothing, resample_less
from tests.support.recordings import signed_recordings as signed

WRITTEN = {
    "traces": signed.openings,
    "iv": signed.sweeps,
    "heating": signed.heated,
    "thermopower": signed.thermoelectric,
}


def run(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    return {name: write(folder / f"{name}.h5") for name, write in WRITTEN.items()}


@pytest.fixture(scope="module")
def measured(files):
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        return analyse_files(list(files.values()))


@pytest.fixture(scope="module")
def said(files):
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        patch.setenv("COLUMNS", "300")
        return " ".join(run("analyze", *files.values()).split())


@pytest.fixture(scope="module")
def report(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        draw_nothing(patch)
        run("report", *files.values(), "--out", out)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", out.read_text("utf-8"))).split())


@pytest.fixture(scope="module")
def exported(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "out"
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        run("export", *files.values(), "--to", "csv", "-o", folder)

    def table(name):
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return {key: [row[key] for row in rows] for key in rows[0]}

    return table


def numbers(table, name):
    return np.array(table[name], dtype=float)


def test_a_contact_has_a_positive_conductance_at_negative_bias_behind_an_inverting_amplifier(exported, said):
    peaks = exported("peaks")

    assert numbers(peaks, "conductance_G0") == pytest.approx([signed.PLATEAU_G0], abs=0.03)
    assert "0.9" in said.split("peak (G0)")[1].split("in G")[0]
    samples = exported("traces")
    conductance_G0 = numbers(samples, "conductance_G0")
    assert np.mean(conductance_G0 > 0.5) == pytest.approx(250 / 400, abs=0.01)
    assert abs(np.mean(conductance_G0[conductance_G0 < 0.5])) < 1e-3


def test_displacement_rises_as_the_tip_retracts(exported):
    samples, lengths_m = exported("traces"), numbers(exported("plateaus"), "length_m")

    displacement_m = numbers(samples, "displacement_m")[:400]
    assert displacement_m[0] == 0.0 and displacement_m[-1] == pytest.approx(3.99e-9)
    assert np.median(lengths_m) == pytest.approx(2e-9, abs=0.05e-9)
    cells = exported("map")
    high = numbers(cells, "conductance_G0") > 0.5
    counts = numbers(cells, "counts")
    assert counts[high & (numbers(cells, "displacement_m") > 0)].sum() == 0 < counts[high].sum()


def test_a_decade_is_a_factor_of_ten(exported):
    counts = exported("log_histogram")
    centres_G0 = numbers(counts, "conductance_G0")

    steps = np.diff(np.log10(centres_G0))
    assert steps == pytest.approx(steps[0]) and 1.0 / steps[0] == pytest.approx(100.0)
    highest = centres_G0[np.argmax(np.where(centres_G0 < 2.0, numbers(counts, "counts"), 0.0))]
    assert highest == pytest.approx(signed.PLATEAU_G0, abs=0.06)


def test_a_current_has_the_sign_of_the_bias_and_is_larger_where_it_was(exported, said):
    curve = exported("iv")
    volts, amperes = numbers(curve, "voltage_V"), numbers(curve, "current_A")

    far = np.abs(volts) > 0.1
    assert np.array_equal(np.sign(amperes[far]), np.sign(volts[far]))
    for bias_V in (1.0, -1.0):
        assert np.interp(bias_V, volts, amperes) == pytest.approx(signed.current_A(bias_V), rel=0.1)
    (ratio,) = re.findall(r"\|I\(\+V\)\|/\|I\(-V\)\| is ([\d.]+) at 1\.1 V", said)
    assert float(ratio) == pytest.approx(signed.current_A(1.1) / -signed.current_A(-1.1), rel=0.05)


def test_the_tip_is_hotter_at_positive_bias_and_the_asymmetry_is_negative(exported, said, report):
    heat = {name: float(column[0]) for name, column in exported("heating").items()}

    assert heat["dT_pos_K"] == pytest.approx(signed.RISE_K[1], rel=0.02)
    assert heat["dT_neg_K"] == pytest.approx(signed.RISE_K[-1], rel=0.02)
    assert heat["asymmetry_K"] == pytest.approx(signed.RISE_K[-1] - signed.RISE_K[1], rel=0.02)
    assert heat["q_probe_pos_W"] == pytest.approx(signed.RISE_K[1] / signed.TIP_K_per_W, rel=0.02)
    assert heat["q_total_pos_W"] == pytest.approx(signed.current_A(1.0), rel=0.1)
    assert heat["q_total_neg_W"] == pytest.approx(-signed.current_A(-1.0), rel=0.1)
    for text in (said, report):
        assert re.search(r"[−-]1[45]\.\d+ ± ?0\.0\d+", text)
        assert re.search(r"hotter bias.{0,160}\bpositive\b", text)
        assert not re.search(r"hotter bias.{0,160}\bnegative\b", text)


def test_electrons_above_the_fermi_energy_give_a_negative_thermopower(said, report, measured):
    assert measured.thermopower is not None
    assert measured.thermopower.line.slope == pytest.approx(signed.S_V_per_K, rel=0.03)
    for text in (said, report):
        assert re.search(r"S = [−-]1[12]\.\d+ ± 0\.\d+ [uµ]V/K", text)
    (volts,) = re.findall(r" 20\.00 .{0,40}?([−-]2\d\d\.\d+) ±", said)
    assert float(volts.replace("−", "-")) == pytest.approx(1e6 * signed.S_V_per_K * 20.67, rel=0.02)
