"""Form of an import: the keys of a profile as texts that a user types, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.importers.options import Orientation
from app.config.import_profile import ImportProfile, profile_of
from app.config.toml import FileError

FORMATS = {
    "auto": "automatic",
    "igor": "Igor wave",
    "igor-experiment": "Igor experiment",
    "igor-text": "Igor text",
    "oscilloscope": "oscilloscope",
    "csv": "CSV",
    "tdms": "LabVIEW TDMS",
    "lvm": "LabVIEW measurement",
    "matlab": "MATLAB",
    "nanonis": "Nanonis",
    "text": "text",
}
"""Names of formats for people; a format of a plug-in has its own."""
ARRANGEMENTS = {
    Orientation.AUTO: "automatic",
    Orientation.TABLE: "one trace, column by column",
    Orientation.ROWS: "a trace in each row",
    Orientation.COLUMNS: "a trace in each column",
    Orientation.PAIRS: "columns repeat for each trace",
    Orientation.LONG: "traces below one another",
}
_PAIRS = ("columns", "units", "offsets")
_LISTS = ("invert", "cut_between_G0")


@dataclass(frozen=True)
class FormField:
    """Field of the form: key of the profile, label, an example, and help."""

    key: str
    label: str
    example: str
    help: str


FIELDS = (
    FormField(
        "columns", "Columns", "current=2:nA; bias=1:mV", "Quantity = column (number or heading) : unit"
    ),
    FormField("units", "Missing units", "current=nA", "For columns whose unit the file does not give"),
    FormField("bias_mV", "Bias (mV)", "100", "If no column holds it"),
    FormField("series_resistance_ohm", "Series resistance (Ω)", "10000", "In series with the junction"),
    FormField("gain_V_per_A", "Gain (V/A)", "1e9", "For a current that was recorded in volts"),
    FormField("rate_Hz", "Rate (samples/s)", "20000", "If no column holds the time"),
    FormField("speed_nm_per_s", "Speed (nm/s)", "20", "Of opening, if no column holds the displacement"),
    FormField("extension_nm_per_V", "Piezo (nm/V)", "62", "For a displacement that was recorded in volts"),
    FormField("invert", "Change the sign of", "current", "Quantities, separated by semicolons"),
    FormField("offsets", "Subtract", "current=0.3:nA", "Offset of a quantity, with its unit"),
    FormField(
        "cut_between_G0", "Cut between (G₀)", "1.5; 0.001", "One long channel: contact and open junction"
    ),
    FormField("skip_lines", "Skip lines", "3", "Lines at the beginning of text files"),
)


def profile_in(
    texts: Mapping[str, str], format: str, orientation: str, beneath: ImportProfile | None = None
) -> ImportProfile:
    """Return the profile of what a user typed.

    Parameters
    ----------
    texts : mapping
        Texts by the keys of `FIELDS`; an empty one says nothing.
    format, orientation : str
    beneath : ImportProfile, optional
        Profile with the keys that the form does not show.

    Raises
    ------
    FileError
        For a text that is not what its field needs; the sentence names the key.
    """
    shown = {field.key for field in FIELDS} | {"format", "orientation"}
    kept = beneath.model_dump(exclude_defaults=True) if beneath else {}
    content: dict[str, Any] = {name: value for name, value in kept.items() if name not in shown}
    content |= {"format": format, "orientation": orientation}
    for field in FIELDS:
        text = texts.get(field.key, "").strip()
        if text:
            content[field.key] = _value(field, text)
    return profile_of(content)


def texts_of(profile: ImportProfile) -> dict[str, str]:
    """Return the texts of the form for a profile."""
    content = profile.model_dump(exclude_defaults=True)
    texts = {}
    for field in FIELDS:
        value = content.get(field.key)
        if field.key in _PAIRS:
            texts[field.key] = "; ".join(f"{name}={word}" for name, word in (value or {}).items())
        elif field.key in _LISTS:
            texts[field.key] = "; ".join(str(word) for word in value or ())
        else:
            texts[field.key] = "" if value is None else str(value)
    return texts


def _value(field: FormField, text: str) -> Any:
    words = [word.strip() for word in text.split(";") if word.strip()]
    if field.key in _PAIRS:
        pairs = [word.partition("=") for word in words]
        if not all(sign and name.strip() and rest.strip() for name, sign, rest in pairs):
            raise FileError(f"{field.label}: {text!r} is not of the form {field.example}")
        return {name.strip(): rest.strip() for name, _, rest in pairs}
    return words if field.key in _LISTS else text
