import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main

HEAVY = ("PyQt6", "pandas", "nidaqmx", "matplotlib", "numpy", "scipy", "h5py", "pymeasure", "rich", "jinja2")


def test_help_loads_nothing_heavy():
    script = (
        "import sys\nfrom app.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "LOADED []" in done.stdout
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    command = main.get_command(click.Context(main), name)

    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name} has no help"


def test_options_of_a_procedure_come_from_its_parameters():
    result = CliRunner().invoke(main, ["run", "break-junction", "--help"])

    assert result.exit_code == 0
    assert "--withdraw-speed nm/s" in result.output
    assert "0.001<=x<=100" in result.output


def test_an_unknown_command_is_a_sentence():
    result = CliRunner().invoke(main, ["mesure"])

    assert result.exit_code == 2
    assert "No such command 'mesure'" in result.output


def test_a_value_out_of_bounds_is_refused_before_anything_else():
    result = CliRunner().invoke(main, ["run", "break-junction", "--out", "x.h5", "--traces", "0"])

    assert result.exit_code == 2
    assert "--traces" in result.output


def test_a_parameter_in_whole_units_by_default_takes_fractions():
    result = CliRunner().invoke(
        main, ["run", "break-junction", "--rig", "none.toml", "--out", "x.h5", "--past-break", "0.5"]
    )

    assert "none.toml: no such file" in result.output
