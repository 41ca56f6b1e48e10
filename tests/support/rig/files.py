"""Rig files that lead to no rig."""

from pathlib import Path

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.simulated_rig_file import MARK
from tests.support.patience import ANSWER_S

ADDRESSES = {
    "daq": "127.0.0.1:1",
    "current_amplifier": "TCPIP::127.0.0.1::gpib0,22::INSTR",
    "voltage_preamplifier": "socket://127.0.0.1:1",
}


def rig_file_at(path: Path, controller: str, simulated: str = "") -> Path:
    """Write the file of a rig at this controller; a simulated one has a text of its own."""
    settings = SimulationSettings("wall", 1)
    text = rig_file_text(settings, settings.load(), ADDRESSES)
    text = text.replace('"grpc://127.0.0.1:1"', f'"{controller}"\nanswer_s = {ANSWER_S} ')
    first = f"{MARK}, {simulated}" if simulated else "# A rig"
    path.write_text("\n".join([first, *text.split("\n")[1:]]), "utf-8")
    return path
