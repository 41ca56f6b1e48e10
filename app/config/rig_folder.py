"""Knowledge of this computer about each rig, for all its users: its owner, and whether its watchdog has tripped.

One folder for all users of a computer if the environment variable HOTJUNCTION_RIGS names one; else one a user.
"""

import getpass
import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from app.config.rig import Rig
from app.config.simulated_rig_file import is_simulated

VARIABLE = "HOTJUNCTION_RIGS"

OWNER = ".owner.json"
"""Ending of the file beside a lock that says who holds it."""

THIS_COMPUTER = "localhost", "127.0.0.1", "::1"


def rigs_folder(simulated: bool = False) -> Path:
    """Return the folder; that of simulated rigs is a temporary one, since each lives as long as its process."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    if simulated:
        return Path(tempfile.gettempdir()) / f"hotjunction-{user_name()}"
    return Path(platformdirs.user_data_dir("hotjunction", appauthor=False)) / "rigs"


def user_name() -> str:
    """Return the name of the present user; "somebody" where the system does not tell."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "somebody"


def rig_key(rig: Rig) -> str:
    """Return the name of a rig's card: controller and device, the same in every rig file that leads to it.

    The card is not asked, which may not answer when the key is needed most.
    """
    parts = urlsplit(rig.daq.controller)
    host = (parts.hostname or "local").lower()
    if host in THIS_COMPUTER:
        host = "127.0.0.1"
    port = f"-{parts.port}" if parts.port else ""
    return re.sub(r"[^A-Za-z0-9.-]", "_", f"{host}{port}-{rig.daq.device.lower()}")


def lock_path(rig_file: Path, rig: Rig) -> Path:
    """Return the file whose lock its owner holds."""
    return rigs_folder(is_simulated(rig_file)) / f"{rig_key(rig)}.lock"


def state_path(rig_file: Path, rig: Rig) -> Path:
    """Return the file in which the watchdog keeps the state of the rig.

    Another simulated rig may later listen at the same port, and must not inherit its state: so the text of its rig
    file is part of the name.
    """
    simulated = is_simulated(rig_file)
    text = f"-{hashlib.sha256(rig_file.read_bytes()).hexdigest()[:8]}" if simulated else ""
    return rigs_folder(simulated) / f"{rig_key(rig)}{text}.json"
