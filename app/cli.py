"""The command line. A command's module is imported when the command is called, so that help stays quick."""

import gc
import os
from importlib import import_module, metadata
from typing import Any

import click

from app.console.errors import UnusablePlugin
from app.console.plain_text import never_refuse
from app.console.values import Suggesting
from app.plugins import PluginError, load_plugins

OBJECTS_PER_COLLECTION = 20_000
"""New objects before garbage is looked for; by default 700, which takes an eighth of the time in which modules load."""

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when numpy is imported, here and in child processes: more threads only wait, on matrices as small as ours."""

gc.set_threshold(OBJECTS_PER_COLLECTION)

COMMANDS = {
    "alerts": "Tell of a bench by desktop, e-mail or chat.",
    "analyze": "Histogram, I-V, heat: analyse recordings; print the result.",
    "calibrate": "Calibrate a part of the rig; list the calibrations.",
    "campaign": "Measure a whole programme of a molecule; resumes where it stopped.",
    "catalogue": "Find recordings by molecule, tip, date and result.",
    "check": "Connect to each instrument of a rig and report its state.",
    "commission": "Prove and measure a rig on its first day, step by step.",
    "compare": "Are the traces of two recordings the same?",
    "crate": "Write recordings, results and figures for a paper's supplement.",
    "demo": "Measure, record and report on the simulated rig.",
    "drill": "See that a rig becomes safe, whatever dies.",
    "export": "Write results for other programs, and figures for a paper.",
    "fit": "Fit a transmission model to I-V data.",
    "gui": "Operate a rig and watch, or replay a recording.",
    "import": "Convert recordings of other programs.",
    "iv": "I-V curves of many junctions: transition voltages, levels, and whether they hold.",
    "predict": "Predict charge and heat currents of a transmission model.",
    "probes": "Figures and numbers of the paper on Buettiker probes.",
    "recover": "Copy the intact part of an interrupted recording.",
    "report": "Write a self-contained HTML report of a recording.",
    "rig": "See who owns a rig; clear a trip of its watchdog; take over.",
    "run": "Run a procedure on a rig.",
    "seal": "Add seals to copies of recordings of format 1.",
    "serve": "Own a rig, run a queue of procedures, let clients attach.",
    "sim": "Serve a simulated rig.",
    "web": "Show a running bench to a browser, read-only.",
    "verify": "Compare recordings with their seals; repair them.",
}


class Commands(Suggesting):
    """Commands that live in ``app.commands``, one module each."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line, with output for every encoding."""
        never_refuse()
        return super().main(*args, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names for the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the plug-ins and a command; ``None`` for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        try:
            load_plugins()
        except PluginError as error:
            raise UnusablePlugin(str(error)) from None
        module = import_module(f"app.commands.{cmd_name}{'_' if cmd_name == 'import' else ''}")
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("hotjunction"), "--version", message="hotjunction %(version)s")
def main() -> None:
    """Run a break-junction calorimetry rig, record it, analyse it."""
