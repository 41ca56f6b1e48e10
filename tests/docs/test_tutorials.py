"""Every command and every line of Python in the tutorials works, with fewer junctions."""

import shlex
from contextlib import ExitStack

import pytest
from click.testing import CliRunner

from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.acquisition.simulated_rig import SimulationSettings, patient, served
from app.cli import main
from app.commands.sim import command as sim
from tests.docs.pages import blocks

LONG_LIVED = "molecule.BDNC.lifetime_s=1e5"
"""A world in which no hold is in vain."""


@pytest.fixture
def follow(tmp_path, monkeypatch, few_resamples, undrawn):
    """Type a page's commands in an empty folder and save its files there; give what each command prints.

    Runs reach card and current amplifier by no wire, which would take half the time; by wire: `tests.app.commands`.
    """
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:

        def type_in(line):
            words = shlex.split(line)[1:]
            if words[0] == "sim":
                asked = sim.make_context("sim", words[1:]).params
                overrides = (f"sample.species={asked['species']}", LONG_LIVED, *asked["overrides"])
                settings = SimulationSettings(asked["clock"], asked["seed"], overrides=overrides)
                rig, text = stack.enter_context(served(settings))
                monkeypatch.setattr(
                    "app.acquisition.bench.open_rig",
                    lambda asked, seen, _: open_rig(asked, seen, direct_wires(rig)),
                )
                (tmp_path / "rig.toml").write_text(patient(text), encoding="utf-8")
                return ""
            done = CliRunner().invoke(main, words)
            assert done.exit_code == 0, f"{line}: {done.output}{done.exception!r}"
            return done.output

        def whole(page, small):
            outputs = {}
            for language, text in blocks(page, "console", "toml", small=small):
                if language == "toml":
                    (tmp_path / text.splitlines()[0].removeprefix("# ")).write_text(text, encoding="utf-8")
                    continue
                for line in text.splitlines():
                    assert line.startswith("$ hotjunction ")
                    outputs[line.removeprefix("$ hotjunction ")] = type_in(line.removeprefix("$ "))
            return outputs

        yield whole


QUICK = "--withdraw-speed 10 --past-break 0.5 --approach-speed 20"


def test_first_histogram(follow, tmp_path):
    said = follow("tutorials/first-histogram.md", {"--traces 60": f"--traces 5 {QUICK}"})

    assert "PXI-6281" in said["check rig.toml"]
    assert "5 traces" in next(text for line, text in said.items() if line.startswith("run break-junction"))
    assert "to be trusted" in said["analyze first.h5"]
    assert (tmp_path / "first.html").stat().st_size > 1000


def test_a_heating_campaign(follow, tmp_path):
    small = {
        "traces = 40": "traces = 20",
        "[1.27]\nholds = 6": "[1.27]\nholds = 2",
        'contact"\nholds = 6': 'contact"\nholds = 1',
        "curves = 3": "curves = 2",
        "withdraw_speed = 5.0": "withdraw_speed = 20.0",
        "withdraw_speed = 1.0": "withdraw_speed = 2.0",
    }
    said = follow("tutorials/heating-campaign.md", small)

    assert "0 of 20" in said["campaign small.toml --dry-run"]
    assert (tmp_path / "small" / "report.html").is_file()
    assert "heating" in (tmp_path / "small" / "campaign.log").read_text("utf-8")
    assert "out of contact" in said["analyze small"]


def test_first_day_at_a_real_rig(follow, tmp_path):
    small = {
        "--holds 3 --out lag": "--holds 2 --out lag",
        "--stretches 3": "--stretches 1",
        "--traces 8": f"--traces 3 {QUICK}",
        "--holds 2 --out gap": "--holds 1 --hold-time 2 --trip-reaction 0.2 --out gap",
    }
    said = follow("tutorials/first-day-at-a-rig.md", small)

    saved = [path.name for path in (tmp_path / "simulated-calibrations").glob("*.toml")]
    assert len([name for name in saved if "proof" not in name]) == 2
    assert "out of contact" in said["analyze gap.h5"]


@pytest.mark.usefixtures("few_resamples")
def test_a_notebook(tmp_path, monkeypatch, capsys):
    """Run it in this process; beside files that are called like our packages: `tests.hotjunction.test_import`."""
    small = {"traces=40": "traces=4, withdraw_speed=10, past_break=0.5, approach_speed=20"}
    script = "".join(text for _, text in blocks("tutorials/notebook.md", "python", small=small))
    monkeypatch.chdir(tmp_path)

    exec(compile(script, "notebook.py", "exec"), {})

    said = capsys.readouterr().out
    assert "finished 4 traces" in said
    assert "1 recording\n  au.h5: break-junction, finished" in said
    assert "energy_eV = 0." in said or "level" in said
    assert "There is no such recording or folder" in said
    assert "did you mean 'traces'?" in said
