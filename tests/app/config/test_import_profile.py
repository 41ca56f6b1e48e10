"""Import profiles: every key reaches the import, or is refused."""

import pytest

from analysis.importers.imported import ForeignFile
from app.config.import_profile import ImportProfile, LogAmplifiers, LogAmplifierSection, profile_of
from app.config.toml import FileError

AMPLIFIER = {"reference_A": 1e-9, "slope_V": 0.5}
VALUES = {
    "format": "text",
    "orientation": "rows",
    "skip_lines": 2,
    "heading_line": 3,
    "bias_mV": 100.0,
    "series_resistance_ohm": 1e5,
    "rate_Hz": 2e4,
    "speed_nm_per_s": 5.0,
    "gain_V_per_A": 1e8,
    "extension_nm_per_V": 20.0,
    "invert": ("current",),
    "cut_between_G0": (5.0, 1e-5),
    "cut_every": 2,
    "columns": {"current": "2:nA"},
    "units": {"current": "nA"},
    "offsets": {"current": "0.2 nA"},
    "log_amplifier": AMPLIFIER,
}
OF_AMPLIFIERS = {
    "reference_A": 2e-9,
    "slope_V": 0.25,
    "zero_V": 1.5,
    "scale_decades": 0.05,
    "negative": {"reference_A": 1e-9, "slope_V": -0.5},
}


def test_every_key_of_a_profile_reaches_the_import():
    assert VALUES.keys() == ImportProfile.model_fields.keys()
    plain = profile_of({})
    for key, value in VALUES.items():
        told = profile_of({"columns": {"current": "2"}, key: value} if key == "cut_every" else {key: value})
        if key == "format":  # the name of an importer is no option of it
            assert told.format == value != plain.format
        else:
            assert told.options() != plain.options(), key


def test_every_key_of_a_logarithmic_amplifier_reaches_the_import():
    assert (
        OF_AMPLIFIERS.keys() == LogAmplifiers.model_fields.keys() >= LogAmplifierSection.model_fields.keys()
    )
    plain = profile_of({"log_amplifier": AMPLIFIER}).options()
    for key, value in OF_AMPLIFIERS.items():
        assert profile_of({"log_amplifier": {**AMPLIFIER, key: value}}).options() != plain, key


@pytest.mark.parametrize(
    "content",
    [
        {"colums": {"current": "2"}},
        {"log_amplifier": {**AMPLIFIER, "slope": 1.0}},
        {"units": {"current": "nAmpere per banana"}},
        {"log_amplifier": {**AMPLIFIER, "slope_V": 0.0}},
    ],
)
def test_what_an_import_would_pass_over_is_refused(content):
    with pytest.raises((FileError, ForeignFile)):
        profile_of(content)
