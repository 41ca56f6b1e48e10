"""Fits and predictions from a script: the numbers of the commands, and Python's errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import hotjunction as hj
from app.cli import main
from app.config.toml import FileError
from tests.support.recordings.made_recordings import made_iv

MODELS = Path(__file__).parents[2] / "docs" / "models"
LEVEL = """
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = { start = 0.6, min = 0.0, max = 2.0 }
gamma_probe_eV = { start = 0.01, min = 1e-4, max = 1.0 }
gamma_substrate_eV = "gamma_probe_eV"
"""


def command(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.fixture
def curves(tmp_path):
    (tmp_path / "level.toml").write_text(LEVEL, encoding="utf-8")
    return made_iv(tmp_path / "iv.h5", np.random.default_rng(3), curves=6)


def test_fit_says_what_the_command_says_and_its_transmission_predicts(curves, tmp_path):
    found = hj.fit(curves, tmp_path / "level.toml")

    report = command("fit", curves, "--model", tmp_path / "level.toml", "--json")["parameters"]
    assert {name: x["value"] for name, x in report.items()} == dict(
        zip(found.names, found.values, strict=True)
    )
    np.testing.assert_allclose(found.errors, [x["error"] for x in report.values()])
    again = hj.predict(found.transmission, [1.0])
    iv = hj.open(curves).iv()
    assert again.currents.current_A[0] == pytest.approx(float(iv.current_at(1.0)), rel=0.05)


def test_predict_says_what_the_command_says():
    found = hj.predict(MODELS / "bdnc.toml")

    report = command("predict", MODELS / "bdnc.toml", "--json")
    np.testing.assert_allclose(
        found.molecules * found.currents.heat_probe_W, [row["heat_probe_W"] for row in report["rows"]]
    )
    assert float(found.linear.seebeck_V_per_K) == pytest.approx(report["seebeck_V_per_K"])
    hot = hj.predict(MODELS / "bdnc.toml", [0.0], temperature_K=(310.0, 300.0))
    assert hot.currents.current_A[0] != 0.0


def test_predict_terminals_says_what_the_command_says():
    found = hj.predict_terminals(MODELS / "benzene-probe.toml")

    row = command("predict", MODELS / "benzene-probe.toml", "--json")["rows"][0]
    for k, name in enumerate(found.currents.names):
        assert float(found.currents.heat_current_W[k, 0]) == pytest.approx(row[name]["heat_current_W"])


def test_a_bad_model_is_a_plain_error_that_names_the_key(tmp_path):
    (tmp_path / "bad.toml").write_text(LEVEL.replace("kind", "kin"), encoding="utf-8")

    for call in (lambda path: hj.predict(path, [1.0]), lambda path: hj.fit([], path)):
        with pytest.raises(hj.FileError, match=r"bad\.toml: transmission\.kin"):
            call(tmp_path / "bad.toml")
        with pytest.raises(hj.FileError, match=r"none\.toml: no such file"):
            call(tmp_path / "none.toml")
    assert hj.FileError is FileError and not hasattr(FileError, "exit_code")


def test_what_can_not_be_is_refused_in_a_sentence(curves, tmp_path):
    model = tmp_path / "level.toml"
    with pytest.raises(ValueError, match="neither the call nor the model gives a bias"):
        hj.predict(model)
    with pytest.raises(ValueError, match=r"use hotjunction\.compare_probes"):
        hj.fit(curves, MODELS / "fit-probes.toml")
    with pytest.raises(ValueError, match=r"use hotjunction\.fit"):
        hj.compare_probes(curves, model)
    with pytest.raises(ValueError, match="'median': must be 'mean' or 'log'"):
        hj.fit(curves, model, average="median")
    with pytest.raises(FileNotFoundError):
        hj.fit(tmp_path / "none.h5", model)


def test_an_unknown_procedure_or_parameter_is_named():
    with pytest.raises(hj.ImpossibleSetting, match="There is no procedure 'breakjunction'"):
        hj.procedure("breakjunction")
    with pytest.raises(hj.ImpossibleSetting, match="did you mean 'traces'"):
        hj.procedure("break-junction", trace=5)
    assert hj.procedure("break-junction", traces=5).total_cycles == 5


def test_a_parameter_that_the_simulated_world_has_not_is_named():
    with pytest.raises(RuntimeError, match=r"thermal\.resistence"), hj.simulated_rig(thermal__resistence=1.0):
        pass
