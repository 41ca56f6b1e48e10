"""Control experiment of the Peltier heat of a film: more molecules side by side have the same coefficient."""

from collections.abc import Mapping
from typing import Any

from analysis.thermoelectric.peltier_controls import FILM_PRESSED
from procedures.peltier import Peltier


class FilmPressed(Peltier):
    """Press the tip into the film until twice as many molecules conduct: the Peltier coefficient must not change.

    A metallic contact that shunts the film, or heat from anything but the molecules, changes it.
    """

    name = "control peltier-film-pressed"
    label = "Control: film pressed harder"
    control = FILM_PRESSED
    presets: Mapping[str, Mapping[str, Any]] = {}
    keeps = ("amplitudes", "conductance", "contact_threshold", "contact", "window_percent")
    contact = "film"
    conductance = 1.0
    window_percent = 60.0
    contact_threshold = 0.6
