"""Options of an import, and the profile that keeps them: every key has its effect, and every mistake its sentence."""

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.importers.options import ColumnChoice, Cut, Layout, LogAmplifier, Orientation
from analysis.recording import Recording
from app.cli import main
from app.config.import_profile import ImportProfile, load_profile, profile_of
from app.config.toml import FileError
from app.viewmodels.import_form import profile_in, texts_of

WORDS = {
    "format": (["--kind", "text"], "text"),
    "orientation": (["--columns"], Orientation.COLUMNS),
    "skip_lines": (["--skip-lines", "2"], 2),
    "heading_line": (["--heading-line", "3"], 3),
    "bias_mV": (["--bias-mV", "50"], 50.0),
    "series_resistance_ohm": (["--series-resistance-ohm", "1e4"], 1e4),
    "rate_Hz": (["--rate-Hz", "2e4"], 2e4),
    "speed_nm_per_s": (["--speed-nm-per-s", "20"], 20.0),
    "gain_V_per_A": (["--gain-V-per-A", "1e9"], 1e9),
    "extension_nm_per_V": (["--extension-nm-per-V", "62"], 62.0),
    "invert": (["--invert", "current"], ("current",)),
    "cut_between_G0": (["--cut-between", "1.5", "0.001"], (1.5, 0.001)),
    "cut_every": (["--cut-every", "2000"], 2000),
    "columns": (["--column", "current=Strom:nA"], {"current": "Strom:nA"}),
    "units": (["--unit", "bias=mV"], {"bias": "mV"}),
    "offsets": (["--offset", "current=0.3:nA"], {"current": "0.3:nA"}),
    "log_amplifier": (["--log-amplifier", "1nA,100mV,-0.25V"], None),
}


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "lab.toml"
    words = [word for option, _ in WORDS.values() for word in option]
    done = CliRunner().invoke(main, ["import", "x", *words, "--save-profile", str(path)])
    assert done.exit_code == 0, done.output
    return path


def test_every_option_is_kept_in_the_profile(profile):
    kept = load_profile(profile)
    assert WORDS.keys() == ImportProfile.model_fields.keys()
    for name, (_, value) in WORDS.items():
        assert getattr(kept, name) == value or name == "log_amplifier"


def test_every_key_of_the_profile_reaches_the_import(profile):
    kept = load_profile(profile)
    options = kept.options()
    assert kept.format == "text"
    assert options.settings == pytest.approx(
        {
            "bias_V": 0.05,
            "series_resistance_ohm": 1e4,
            "opening_speed_m_per_s": 2e-8,
            "current_gain_V_per_A": 1e9,
            "extension_m_per_V": 62e-9,
        }
    )
    assert (options.rate_Hz, options.units) == (2e4, {"bias": "mV"})
    assert options.columns == {"current": ColumnChoice("Strom", "nA")}
    assert (options.inverted, options.offsets) == ({"current"}, {"current": (0.3, "nA")})
    assert options.layout == Layout(Orientation.COLUMNS, 2, 3)
    assert options.cut == Cut((1.5, 0.001), 2000)
    amplifier = options.log_amplifier
    assert (amplifier.reference_A, amplifier.zero_V, amplifier.slope_V) == pytest.approx((1e-9, 0.1, -0.25))


def test_options_go_before_the_profile(profile):
    assert profile_of({"bias_mV": 10.0, "columns": {"bias": "1:V"}}, load_profile(profile)).columns == {
        "current": "Strom:nA",
        "bias": "1:V",
    }


def test_a_logarithmic_amplifier_has_two_polarities_and_a_scale():
    section = {"reference_A": 1e-9, "slope_V": 0.25, "scale_decades": 0.02,
               "negative": {"reference_A": 2e-9, "slope_V": 0.25}}  # fmt: skip
    options = profile_of({"log_amplifier": section}).options()
    assert options.settings["current_scale_decades"] == 0.02
    output_V, bias_V = np.array([0.0, 0.25, 0.25]), np.array([0.1, 0.1, -0.1])
    assert options.log_amplifier.current_A(output_V, bias_V) == pytest.approx([1e-9, 1e-8, -2e-8])
    assert LogAmplifier(1e-9, 0.0, 0.25).current_A(output_V, np.array(np.nan)) == pytest.approx(
        [1e-9, 1e-8, 1e-8]
    )


def test_the_form_of_the_window_and_the_profile_say_the_same(profile):
    kept = load_profile(profile)
    assert profile_in(texts_of(kept), kept.format, kept.orientation, kept) == kept


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"columns": {"current": "2:NA"}}, "unit 'NA' in current = '2:NA' is unknown, perhaps nA?"),
        ({"units": {"current": "furlongs"}}, "unit 'furlongs' in current = 'furlongs' is unknown"),
        ({"offsets": {"current": "0.3"}}, "'0.3' is not a number with a unit, such as 0.3:nA"),
        ({"offsets": {"current": "0.3 V/A"}}, "no unit of it; write it as --offset current=0.3:nA"),
        ({"cut_between_G0": (0.1, 2.0)}, "cut between 0.1 and 2 G0: give the higher first"),
        ({"format": "jpeg"}, "one of auto, igor"),
        ({"bias": 3}, "bias: unknown key; did you mean 'bias_mV'?"),
        ({"log_amplifier": {"reference_A": 1e-9, "slope_V": 0.0}}, "the volts per decade; not zero"),
    ],
)
def test_a_mistake_in_a_profile_has_its_sentence(content, sentence):
    with pytest.raises(FileError) as caught:
        profile_of(content)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--column", "current"], "'current' is not QUANTITY=COLUMN:UNIT, such as current=2:nA"),
        (["--log-amplifier", "1nA,0V"], "is not REFERENCE,ZERO,SLOPE with units, such as 1nA,0V,0.25V"),
        ([], "Missing option '--out' for the new recording (or --preview, which writes nothing)."),
    ],
)
def test_a_mistake_in_an_option_has_its_sentence(words, sentence):
    done = CliRunner().invoke(main, ["import", "x", *words])
    assert done.exit_code == 2
    assert sentence in done.output


def test_a_preview_writes_nothing_and_says_what_an_import_would(tmp_path):
    source, out = tmp_path / "traces.csv", tmp_path / "out.h5"
    trace = np.concatenate([np.linspace(8, 1, 20), np.full(30, 1e-4)])
    source.write_text("\n".join(",".join(f"{g:.5e}" for g in trace) for _ in range(3)))
    words = ["import", str(source), "--unit", "conductance=G0", "--out", str(out)]
    shown = CliRunner().invoke(main, [*words, "--preview"]).output.splitlines()
    assert shown[0] == "3 traces from traces.csv, 50 samples each"
    assert "    conductance: 1.00×10⁻⁴ to 8.00 G0; begins 8.00, 7.63, 7.26, 6.89, 6.53" in shown
    assert "  direction: 3 opening" in shown
    assert list(tmp_path.iterdir()) == [source]


def test_a_long_channel_is_cut_into_opening_and_closing_traces(tmp_path):
    source, out = tmp_path / "long.txt", tmp_path / "out.h5"
    opening = np.concatenate([np.full(50, 8.0), np.linspace(8, 1, 20), np.full(80, 1e-4)])
    whole = np.concatenate([opening, opening[::-1], opening, opening[::-1]])
    whole[100] = 9.0  # a wild sample while the junction is open cuts nothing
    source.write_text("Conductance (G0)\n" + "\n".join(f"{g:.5e}" for g in whole))
    done = CliRunner().invoke(
        main,
        ["import", str(source), "--cut-between", "5", "0.001", "--out", str(out)],
        catch_exceptions=False,
    )
    assert "samples before the first and after the last trace of a cut channel, left out: " in done.output
    with Recording(out) as recording:
        flags = [entry.flags for entry in recording.traces]
        assert [("closing" in each) for each in flags] == [False, True, False, True]
        assert recording.trace(0).conductance_G0[[0, -1]] == pytest.approx([8.0, 1e-4])


def test_units_are_listed():
    listed = CliRunner().invoke(main, ["import", "--list-units"]).output
    assert "current: fA, pA, nA" in listed
