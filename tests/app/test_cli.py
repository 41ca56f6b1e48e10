import shlex
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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("mesure", "There is no command 'mesure'."),
        ("analyse night.h5", "There is no command 'analyse'; did you mean 'analyze'?"),
        ("run heatin", "There is no procedure 'heatin'; did you mean 'heating'?"),
        (
            "run break_junction --traces 3",
            "There is no procedure 'break_junction'; did you mean 'break-junction'",
        ),
        ("calibrate thermometr", "There is no calibration 'thermometr'; did you mean 'thermometer'?"),
        ("catalogue serch", "There is no command 'serch'; did you mean 'search'?"),
        ("catalogue search --since yesterday", "'yesterday' is not a day, such as 2026-01-31"),
        ("analyze night.h5 --molecular 1 0.001", "the range from 1 to 0.001 is empty"),
        ("analyze night.h5 --starts-above nan", "'--starts-above': nan is not a finite number."),
        ("fit night.h5 --model m.toml --relative-error nan", "nan is not a finite number."),
        ("compare a.h5 b.h5 --range nan 1", "nan is not a finite number."),
        ("import a.csv --bias-mV inf", "inf is not a finite number."),
        ("run break-junction --dry-run --until 'time 3:40'", "--until goes with --serve"),
        ("web nowhere.json", "nowhere.json: no such file"),
    ],
)
def test_a_mistyped_command_line_is_a_sentence(arguments, sentence):
    result = CliRunner().invoke(main, shlex.split(arguments))

    assert result.exit_code == 2
    assert sentence in result.output


def test_a_value_out_of_bounds_is_refused_before_anything_else():
    result = CliRunner().invoke(main, ["run", "break-junction", "--out", "x.h5", "--traces", "0"])

    assert result.exit_code == 2
    assert "--traces" in result.output


def test_a_parameter_in_whole_units_by_default_takes_fractions():
    result = CliRunner().invoke(
        main, ["run", "break-junction", "--rig", "none.toml", "--out", "x.h5", "--past-break", "0.5"]
    )

    assert "none.toml: no such file" in result.output
