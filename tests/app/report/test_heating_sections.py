"""The report of held junctions: figures, warnings, tables, and numbers as CSV."""

import base64
import csv
import io
import re

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.offline.analyse import analyse_measurement
from app.report.csv_table import points_csv
from app.report.page import report_html, typeset
from tests.support.recordings.made_recordings import R_P, SEEBECK_V_per_K, made_heating, made_iv
from tests.support.report_words import names_of_the_code


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A measurement with I-V and no control."""
    path, rng = tmp_path_factory.mktemp("campaign"), np.random.default_rng(1)
    made_heating(path / "heating.h5", rng, ruptured=2)
    made_iv(path / "iv.h5", rng)
    return path


@pytest.fixture(scope="module")
def measurement(folder):
    return analyse_measurement([folder])


@pytest.fixture(scope="module")
def page(measurement):
    return report_html(measurement)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_is_the_numbers_of_the_points(measurement):
    content = rows(points_csv(measurement))
    assert [row["set"] for row in content] == 2 * ["result"] + 2 * ["nothing excluded"]
    for row, point in zip(content, measurement.heating.points, strict=False):
        for key in ("amplitude_V", "dT_pos_K", "sigma_neg_K", "cov_K2", "q_total_pos_W", "q_probe_neg_W"):
            assert float(row[key]) == getattr(point, key), key
        assert int(row["junctions"]) == point.junctions
        assert float(row["scale_relative"]) == pytest.approx(0.0140614, rel=1e-5)
    predicted = measurement.comparison.predicted
    assert [float(row["predicted_dT_neg_K"]) for row in content[:2]] == pytest.approx(predicted[:, 1])
    assert content[2]["predicted_dT_pos_K"] == ""


def test_the_page_holds_the_same_csv(measurement, page):
    encoded = re.search(
        r'download="heating.csv" href="data:text/csv;charset=utf-8;base64,([^"]+)"', page
    ).group(1)
    assert base64.b64decode(encoded).decode() == points_csv(measurement)


def test_a_report_without_controls_says_so_before_anything_else(page):
    warning = page.index("No control experiment was done")
    assert warning < page.index('class="numbers"')
    assert page.count("not done") >= 7


def test_the_page_is_whole_and_needs_nothing(page):
    assert page.count("<figure>") == 5  # the paper's, asymmetry, junctions, noise, joint fit
    assert page.count("data:image/svg+xml") == 10  # light and dark
    assert "http://" not in page.replace("http://www.w3.org", "")
    for heading in ("Heat in the tip", "Asymmetry", "Controls", "Noise budget", "Calibrations"):
        assert f"<h2>{heading}</h2>" in page
    assert "72800 K/W" in page and "1.41 %" in page
    assert "current changed by more than a factor of 2 from its median" in page
    assert "hotter at negative bias" in page
    assert "stopped on plateaus" in page


def test_the_page_has_no_name_of_the_code(page):
    assert names_of_the_code(page) == []


def test_figures_state_conductance_and_bias_beside_theory(measurement):
    from app.figure_style import LIGHT, drawn_in
    from app.report.paper_figure import paper_figure

    with drawn_in(LIGHT):
        figure = paper_figure(measurement, LIGHT)
        figure.draw_without_rendering()
    heat, iv, transmission = figure.axes  # over the whole width where there is no histogram
    words = " ".join(text.get_text() for text in heat.texts)
    assert "$G$ = 0.0020 $G_0$" in words or "$G$ = 0.0019 $G_0$" in words
    assert "(measured: 1.2 V)" in words and r"Q_\mathrm{Total}" in words
    assert heat.get_ylabel() == r"$\Delta T_\mathrm{TC}$ (mK)"
    right = heat.child_axes[0]
    assert right.get_ylabel() == r"$Q_\mathrm{P}$ (nW)"
    assert right.get_ylim()[1] / heat.get_ylim()[1] == pytest.approx(1e6 / R_P)  # nW per mK
    assert iv.get_ylabel() == "$I$ (nA)"
    assert transmission.get_yscale() == "log"


def test_a_failed_control_is_among_the_warnings(folder, tmp_path, undrawn):
    rng = np.random.default_rng(2)
    control = {"procedure": "control out-of-contact", "control": "out of contact"}
    leaky = made_heating(tmp_path / "control.h5", rng, amplitudes_V=(1.2,), **control)  # as hot as a junction
    page = report_html(analyse_measurement([folder / "heating.h5", leaky]))
    top = page[: page.index('class="numbers"')]
    assert "Control out of contact: Failed:" in top
    assert "No control experiment" not in top


def test_without_an_uncertainty_of_the_tip_the_page_says_so(tmp_path, undrawn):
    from analysis.recording import Calibration

    bare = {
        "thermal_resistance": Calibration(R_P, "K/W"),
        "thermocouple_seebeck": Calibration(SEEBECK_V_per_K, "V/K"),
    }
    path = made_heating(tmp_path / "h.h5", np.random.default_rng(3), (1.2,), holds=4, calibrations=bare)
    page = report_html(analyse_measurement([path]))
    assert "there is no scale error" in page
    assert "The scale error of temperatures held against powers is not known." in page


def test_recordings_without_a_hold_and_of_one_hold_have_reports(tmp_path, undrawn):
    none = made_heating(tmp_path / "none.h5", np.random.default_rng(4), (1.2,), holds=0)
    assert "there is no temperature rise to report" in report_html(analyse_measurement([none]))
    one = made_heating(tmp_path / "one.h5", np.random.default_rng(4), (1.2,), holds=1)
    page = report_html(analyse_measurement([one]))
    assert "too few junctions for that: noise of the thermometer alone" in page
    assert ">nan" not in page.lower()


def test_the_command_writes_page_and_csv(folder, tmp_path, undrawn):
    out, table = tmp_path / "page.html", tmp_path / "numbers.csv"
    result = CliRunner().invoke(main, ["report", str(folder), "-o", str(out), "--csv", str(table)])
    assert result.exit_code == 0, result.output
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert len(rows(table.read_text("utf-8"))) == 4


def test_the_page_of_a_folder_goes_into_it(tmp_path, undrawn):
    made_iv(tmp_path / "iv.h5", np.random.default_rng(5))
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(tmp_path / "report.html")
    assert "mean of the junctions in both directions" in (tmp_path / "report.html").read_text("utf-8")


def test_csv_of_what_has_no_heat_is_refused(tmp_path):
    iv = made_iv(tmp_path / "iv.h5", np.random.default_rng(5))
    result = CliRunner().invoke(main, ["report", str(iv), "--csv", str(tmp_path / "n.csv")])
    assert result.exit_code == 2
    assert "no heating" in result.output
    assert not (tmp_path / "iv.html").exists()


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("dT(-) - dT(+) = -0.1 +- 0.2 mK", "ΔT(−) − ΔT(+) = −0.1 ± 0.2 mK"),
        ("2.7 sigma, Q_Total < 1 G0", "2.7 σ, Q<sub>Total</sub> &lt; 1 G<sub>0</sub>"),
        ("energy_eV, 2026-11-21, sigma_x, peak-V", "energy_eV, 2026-11-21, sigma_x, peak-V"),
        ("order -0+ less order +0-", "order −0+ less order +0-"),
        ("chi2 1.2, Pi 6 uV at 2w", "χ² 1.2, Π 6 µV at 2ω"),
        ("G_th and L/L0, 3 us", "G<sub>th</sub> and L/L<sub>0</sub>, 3 µs"),
        ("2.5e-05 G0, 1e+07 K/W", "2.5×10⁻⁵ G<sub>0</sub>, 10⁷ K/W"),
        ("1/(tau^2 + s^2), R_P/(R_J + R_S)", "1/(τ² + s²), R<sub>P</sub>/(R<sub>J</sub> + R<sub>S</sub>)"),
        ("id 9f3e-4512-a1e-05, v1e-05, 3e-12-b", "id 9f3e-4512-a1e-05, v1e-05, 3e-12-b"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_signs_are_typeset_and_nothing_else(text, page):
    assert str(typeset(text)) == page
