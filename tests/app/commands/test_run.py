"""`hotjunction run`: options made from parameters, and held junctions from the command line."""

import pytest
from click.testing import CliRunner

from app.cli import main
from procedures.registry import PROCEDURES
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.rigs import served_rig


def invoke(*arguments):
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_procedure_explains_its_options(name):
    result = invoke(name, "--help")

    assert result.exit_code == 0, result.output
    assert "--out" in result.output
    assert "--notes" in result.output


def test_lists_choices_and_texts_are_options():
    shown = invoke("heating", "--help").output

    assert "--amplitudes V" in shown
    assert "[required]" in shown
    assert "--order [+0-|-0+|alternating]" in shown
    assert "--levels TEXT" in shown
    assert "0.03 0.043 0.052 0.06 0.067" in " ".join(invoke("control-gold", "--help").output.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--amplitudes", "1.27"], "Missing option '--conductance'"),
        (["--conductance", "0.002"], "Missing option '--amplitudes'"),
        (["--conductance", "0.002", "--amplitudes", "1.27", "--order", "0+-"], "'0+-' is not one of"),
        (["--conductance", "0", "--amplitudes", "1.27"], "'--conductance': 0 is below 1e-08 G0."),
        (["--conductance", "abc"], "'--conductance': abc is not a number."),
        (["--holds", "2.5"], "'--holds': 2.5 is not a whole number."),
    ],
)
def test_what_can_t_be_is_refused_at_once(arguments, said):
    result = invoke("heating", "--out", "x.h5", *arguments)

    assert result.exit_code == 2
    assert said in result.output


@pytest.fixture
def rig(tmp_path):
    with served_rig(tmp_path, overrides=EASY) as served:
        yield served


def options(values):
    return [text for name, value in values.items() for text in ("--" + name.replace("_", "-"), value)]


def test_heating_from_the_command_line_counts_its_holds(rig):
    values = {**QUICK, "amplitudes": "0.74, 1.27", "holds": 1, "hold_time": 1.2, "frequency": "49/4"}

    result = invoke("heating", "--rig", rig.file, "--out", rig.folder / "h.h5", *options(values))

    assert result.exit_code == 0, result.output
    assert "finished, 2 holds" in result.output
    assert "2 holds, about " in result.output
    assert rig.is_safe()


def test_a_list_that_can_t_be_read_is_a_sentence(rig):
    values = {**QUICK, "amplitudes": "0.74 V"}

    result = invoke("heating", "--rig", rig.file, "--out", rig.folder / "h.h5", *options(values))

    assert result.exit_code == 2
    assert "amplitudes = '0.74 V': V is not a number." in result.output
    assert not (rig.folder / "h.h5").exists()


SWEPT = ["--sweep", "traces=1:3", "--sweep", "withdraw-speed=5; 10"]


def test_a_sweep_is_previewed_with_the_whole_time_and_its_recordings_are_numbered(rig, tmp_path):
    out = tmp_path / "night.h5"
    result = invoke("break-junction", "--rig", rig.file, "--out", out, "--dry-run", *SWEPT)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "  1  traces = 1, withdraw_speed = 5 nm/s: 1 trace, about" in lines[0]
    assert "  6  traces = 3, withdraw_speed = 10 nm/s" in lines[5]
    assert lines[6].startswith("6 runs, about")
    assert not list(tmp_path.glob("*.h5"))

    (tmp_path / "night-002.h5").touch()
    result = invoke("break-junction", "--rig", rig.file, "--out", out, *SWEPT)
    assert result.exit_code == 2
    assert "night-002.h5 exists" in " ".join(result.output.split())


def test_a_sweep_with_a_run_that_can_t_be_starts_none_of_them(rig, tmp_path):
    sweep = ["--traces", 1, "--sweep", "bias=100; 1900"]
    for arguments in ([], ["--dry-run"]):
        out = tmp_path / "night.h5"
        result = invoke("break-junction", "--rig", rig.file, "--out", out, *sweep, *arguments)
        assert result.exit_code == 1, result.output
        assert "1 of 2 runs can't run, as said above; none was started." in " ".join(result.output.split())
        assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sweep", "peek=1"], "did you mean 'peak'"),
        (["--sweep", "peak=__import__('os')"], "is not known here"),
        (["--sweep", "conductance=1", "--dry-run"], "Missing option '--peak'"),
        (["--until", "time 03:40"], "--until goes with --serve"),
    ],
)
def test_sweeps_that_can_t_be_are_refused_at_once(arguments, said):
    wanted = [] if "Missing" in said else ["--conductance", "0.002", "--peak", "1"]
    result = invoke("iv", "--out", "x.h5", *wanted, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
