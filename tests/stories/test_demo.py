"""The README's first command, in small."""

import json

import h5py
from click.testing import CliRunner

from app.cli import main
from simulators.parameters import load_parameters


def test_the_demo_leaves_a_recording_and_a_report(tmp_path):
    out = tmp_path / "demo"

    result = CliRunner().invoke(main, ["demo", "--out", str(out), "--traces", "60"])

    assert result.exit_code == 0, result.output
    assert "Au contact: the world was told 1 G0" in result.output
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<figure>") == 4
    assert "http://" not in page.replace("http://www.w3.org", "")
    with h5py.File(out / "demo.h5") as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["default"] == "histogram"
        assert {"histogram", "histogram_linear", "histogram_2d", "trace"} <= set(entry)

    analysed = CliRunner().invoke(main, ["analyze", str(out / "demo.h5"), "--json"])

    content = json.loads(analysed.stdout)
    assert content["traces"]["total"] == 60
    told = load_parameters().values["gold"]["level_G0"][0]
    first = content["histogram"]["peaks"][0]
    assert first["scale"] == "linear"
    assert abs(first["conductance_G0"] - told) < 4 * first["uncertainty_G0"]


def test_a_demo_never_overwrites_a_recording(tmp_path):
    (tmp_path / "demo.h5").write_bytes(b"mine")

    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])

    assert result.exit_code == 2
    assert "never overwritten" in result.output
    assert (tmp_path / "demo.h5").read_bytes() == b"mine"
