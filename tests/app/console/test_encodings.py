"""Output of every command works in every encoding, and a number never loses its sign."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.cli import COMMANDS, main
from app.console.plain_text import in_ascii, never_refuse
from procedures.registry import PROCEDURES
from simulators.parameters import load_parameters
from tests.support.recordings.made_recordings import made_heating, made_iv

CODE_PAGE = "cp1252"
"""Encodings of Windows in western Europe. (Where a terminal reports ASCII, click writes UTF-8 all the same.)"""

MODELS = Path(__file__).parents[3] / "docs" / "models"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("12\N{THIN SPACE}345", "12 345"),
        ("−1.2 ± 0.3 µV", "-1.2 +- 0.3 uV"),
        ("5 σ, 10 nV/√Hz, G₀, m²", "5 sigma, 10 nV/sqrtHz, G0, m2"),
        ("Jörg", "Jorg"),
        ("\U0001f600\ud800", "??"),
    ],
)
def test_what_ascii_lacks_is_written_as_people_write_it(text, plain):
    assert in_ascii(text) == plain


def test_streams_that_can_t_be_changed_stop_no_command(monkeypatch):
    class Closed:
        def reconfigure(self, errors):
            raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr("app.console.plain_text.sys", SimpleNamespace(stdout=Closed(), stderr=None))

    never_refuse()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Recordings, a rig file that leads nowhere, and a curve."""
    path, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(1)
    made_heating(path / "heating.h5", rng)
    made_iv(path / "iv.h5", rng)
    addresses = {"daq": "127.0.0.1:9", "current_amplifier": "TCPIP::127.0.0.1::gpib0,22::INSTR"}
    addresses["voltage_preamplifier"] = "ASRL/dev/null::INSTR"
    text = rig_file_text(SimulationSettings(), load_parameters(), addresses)
    (path / "rig.toml").write_text(text, "utf-8")
    voltage_V = np.linspace(-1, 1, 21)
    np.savetxt(
        path / "curve.csv",
        np.c_[voltage_V, 1e-9 * voltage_V],
        delimiter=",",
        header="V [V],I [A]",
        comments="",
    )
    return path


RUNS = {
    "report": ["σ.h5"],
    "fit": ["curve.csv", "--model", str(MODELS / "fit.toml")],
    "predict": [str(MODELS / "bdnc.toml")],
    "predict probes": [str(MODELS / "benzene-probe.toml")],
    "calibrate": ["show"],
    "sim": ["--list"],
    "recover": ["iv.h5", "recovered.h5"],
    "run": ["break-junction", "--out", "σ.h5"],
    "campaign": ["σ.toml"],
    "serve": ["σ.toml"],
    "gui": ["σ.h5"],
    "import": ["curve.csv", "--out", "σ.h5"],
    "check": ["σ.toml"],
}


@pytest.mark.parametrize("name", RUNS)
def test_a_command_says_what_it_has_to_say(folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    (folder / "recovered.h5").unlink(missing_ok=True)
    done = CliRunner(charset=CODE_PAGE).invoke(main, [name.split()[0], *RUNS[name]])

    assert not isinstance(done.exception, UnicodeError)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.output_bytes.decode(CODE_PAGE)


@pytest.mark.parametrize(
    "words", [[], *([name] for name in COMMANDS), *(["run", name] for name in PROCEDURES)]
)
def test_help_is_shown_everywhere(words):
    done = CliRunner(charset=CODE_PAGE).invoke(main, [*words, "--help"])
    assert done.exit_code == 0, done.output
    assert done.output_bytes


def test_analyze_into_a_file_on_a_computer_of_western_europe(folder):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "analyze", "heating.h5"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "cp1252:strict"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "±" in done.stdout.decode("cp1252")
