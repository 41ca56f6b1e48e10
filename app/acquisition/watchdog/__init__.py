"""Watchdog: the process that makes a rig safe when its bench dies or hangs, and what both keep about the rig."""

from app.acquisition.watchdog.latch import RigTripped
from app.acquisition.watchdog.logbook import log_file
from app.acquisition.watchdog.rescue import make_safe
from app.acquisition.watchdog.watchdog import ATTENDED_S, Watchdog, WatchdogGone, WatchdogTripped

__all__ = ["ATTENDED_S", "RigTripped", "Watchdog", "WatchdogGone", "WatchdogTripped", "log_file", "make_safe"]
