"""The guide's kind of transmission, in a folder of its own, is predicted, fitted and saved."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_json import from_plain, to_plain
from analysis.transport.kinds import TRANSMISSIONS
from app.cli import main
from app.models.load import opened_model
from tests.docs.pages import blocks
from tests.support.plugins import plugins

PAGE = "how-to/add-a-transmission.md"


def block(language, word):
    return next(text for _, text in blocks(PAGE, language) if word in text)


@pytest.fixture
def fano(tmp_path):
    """Folder with the model file of the guide; the kind is a plug-in."""
    (tmp_path / "fano.toml").write_text(block("toml", "fano"), encoding="utf-8")
    files = {"fano_kind.py": block("python", "class FanoTransmission")}
    with plugins(tmp_path / "mine", files, TRANSMISSIONS):
        yield tmp_path


def run(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_kind_is_predicted_with_heat_that_adds_up_to_the_power(fano):
    report = run("predict", fano / "fano.toml", "--json")

    for row in report["rows"]:
        power = row["current_A"] * row["voltage_V"]
        assert row["heat_probe_W"] + row["heat_substrate_W"] == pytest.approx(power, rel=1e-9)


def test_its_poles_are_its_function(fano):
    run("predict", fano / "fano.toml", "--json")
    transmission = opened_model(fano / "fano.toml").transmission
    sum_, E = transmission.poles(), np.linspace(-1.0, 1.0, 41)
    by_poles = sum_.background + 2 * (sum_.residue_eV / (E - sum_.pole_eV)).real
    np.testing.assert_allclose(by_poles, transmission(E), atol=1e-15)


def test_the_kind_is_fitted_and_saved(fano):
    run("predict", fano / "fano.toml", "--json")
    model = opened_model(fano / "fano.toml")
    V = np.linspace(-0.6, 0.6, 25)
    noise = 1.0 + 0.001 * np.random.default_rng(1).normal(size=V.size)
    curve = np.column_stack([V, model.current_A(V) * noise])
    np.savetxt(fano / "iv.csv", curve, header="V,I", delimiter=",", comments="")
    free = block("toml", "fano").replace("q = 1.5", "q = { start = 1.0, min = 0.1, max = 5.0 }")
    (fano / "free.toml").write_text(free, encoding="utf-8")

    fit = run("fit", fano / "iv.csv", "--model", fano / "free.toml", "--relative-error", 0.01, "--json")

    assert fit["parameters"]["q"]["value"] == pytest.approx(1.5, rel=0.02)
    again = from_plain(json.loads(json.dumps(to_plain(model))))
    assert again.transmission == model.transmission


def test_a_saved_model_of_a_plug_in_that_is_gone_says_so(fano):
    run("predict", fano / "fano.toml", "--json")
    kept = to_plain(JunctionModel(opened_model(fano / "fano.toml").transmission, "fano.toml"))
    with pytest.MonkeyPatch.context() as gone:  # not the fixture: it may end after that of the plug-in
        gone.setattr(TRANSMISSIONS, "_plugged", {})
        with pytest.raises(ValueError, match=r"'fano'.*load the plug-in"):
            from_plain(kept)
