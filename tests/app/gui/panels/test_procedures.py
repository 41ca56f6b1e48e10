"""The form of procedures: fields from the declarations, presets, what can't work said at its field."""

import pytest
from PyQt6.QtWidgets import QLabel

from app.gui.dialogs.preview import PreviewDialog
from app.gui.panels.form import Form
from app.gui.panels.procedures import ProceduresPanel, Wanted, offered
from app.gui.presets import PRESETS, preset_for
from app.viewmodels.wording import as_text, bounds, with_units
from procedures.registry import PROCEDURES
from tests.support.gui import fake_bench

OFFERED = offered()


@pytest.fixture
def panel(theme):
    made = ProceduresPanel(theme)
    made.set_rig(fake_bench.rig())
    made.show()
    yield made
    made.close()


@pytest.mark.parametrize("name", OFFERED)
def test_every_parameter_of_every_procedure_has_a_field_with_unit_range_and_help(panel, name):
    panel.choose(name)
    assert panel.name == name
    declared = panel._class().parameter_objects()
    assert set(panel.form.fields) == set(declared)
    for field in panel.form.fields.values():
        said = with_units(field.parameter.description or field.parameter.name)
        assert said in field.toolTip()
        if getattr(field.parameter, "minimum", None) is not None:
            assert bounds(field.parameter) in field.toolTip()


def test_all_procedures_but_playback_and_park_are_offered():
    """A bench parks an idle tip by itself."""
    assert set(OFFERED) == set(PROCEDURES) - {"playback", "park"}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.species)
@pytest.mark.parametrize("name", [one for one in OFFERED if "resistor" not in one])
def test_presets_work_on_the_simulated_rig(panel, preset, name):
    heated = "therm" in name or "ac-" in name or "noise" in name
    tip = 1e6 if "conductance" in name or name == "peltier" else 72_800.0  # molecules need a calorimetric tip
    warm = "substrate" if "other-side" in name else "tip" if heated else "none"
    rig = fake_bench.rig(preset.species, warm, tip)
    panel.set_rig(with_rise_time(rig, 1e-5) if "ac-" in name or "noise" in name else rig)
    panel.choose(name)
    panel.choose_preset(preset)
    assert panel.check(), panel.verdict.text() + str(
        {f.name: f.problem for f in panel.form.fields.values() if f.problem}
    )
    assert panel.wanted()[0].sample == preset.sample


def test_the_preset_of_a_simulated_sample_is_chosen_at_first(theme):
    panel = ProceduresPanel(theme)
    panel.set_rig(fake_bench.rig("BDA"))
    assert panel.preset.currentText() == "Au – BDA – Au"
    panel.choose("heating")
    assert panel.form.values()["amplitudes"] == (0.44, 0.58, 0.68, 0.76, 0.82)
    panel.close()


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("simulated rig: Au, seed 0, wall clock", "Au"),
        ("simulated rig: BDA, seed 3, fast clock", "BDA"),
        ("SPM 2", "BDNC"),
    ],
)
def test_preset_for_a_rig(name, species):
    assert preset_for(name).species == species


IMPOSSIBLE = [
    ("break-junction", "traces", "0", "0 is below 1"),
    ("break-junction", "traces", "many", "many is not a number"),
    ("break-junction", "contact_threshold", "50", "can never be reached"),
    ("break-junction", "bias", "0.1", "too small"),
    ("break-junction", "open_threshold", "0.5", "must lie below"),
    ("break-junction", "longest_withdrawal", "900", "piezo's range"),
    ("heating", "amplitudes", "", "not set"),
    ("heating", "amplitudes", "0.7 0.7", "twice"),
    ("heating", "hold_time", "0.2", "fewer than"),
    ("heating", "frequency", "fast", "fast is not a number"),
    ("heating", "levels", "+0.5:1 0:1", "largest level"),
    ("heating", "window_percent", "0.0001", "0.0001 is below 0.1 %"),
    ("heating", "expected", "1e-6", "5 amplitudes"),
    ("break-junction", "contact_threshold", "500", "500 is above 100 G₀."),
    ("break-junction", "traces", "2.5", "2.5 is not a whole number."),
    ("break-junction", "bias", "1,000", "without a comma"),
    ("heating", "amplitudes", "2.5", "2.5 V is outside the rig's limits"),
    ("heating", "amplitudes", "0,7 0,9", "in a list a comma separates"),
    ("heating", "frequency", "500", "At 500 Hz the shortest level of the modulation lasts 1.33 samples"),
    ("heating", "frequency", "1225001/100003", "simple fraction of the rate"),
    ("heating", "conductance", "", "not set"),
    ("heating", "conductance", "10", "rails at"),
    ("heating", "conductance", "0.00001", "counts as open"),
    ("heating", "window_percent", "0.1", "steps of the converter"),
    ("heating", "dwell", "0.001", "samples"),
    ("heating", "dwell", "5", "must be shorter"),
    ("heating", "holds_per_junction", "9", "5 conditions"),
    ("heating", "taken", "1", "give one for each"),
    ("control-other-frequencies", "frequencies", "12.25 500", "shortest level"),
    ("control-out-of-contact", "distance", "900", "piezo's range"),
    ("control-dummy-resistor", "resistance", "", "not set"),
    ("iv", "peak", "", "not set"),
    ("iv", "peak", "2.5", "outside the rig's limits"),
    ("iv", "sweep_time", "0.01", "needs 40"),
]


@pytest.mark.parametrize(("name", "field", "text", "said"), IMPOSSIBLE)
def test_what_cannot_work_is_said_at_its_field_and_not_queued(panel, qtbot, name, field, text, said):
    panel.choose(name)
    asked: list[object] = []
    panel.queue_asked.connect(asked.append)
    panel.run_asked.connect(asked.append)
    panel.form.fields[field].set(text)
    panel.queue()
    panel.run()
    assert asked == []
    assert said in panel.form.fields[field].problem
    assert panel.form.fields[field].error_label.isVisible()
    assert not panel.run_button.isEnabled()
    assert panel.run_button.toolTip()
    others = [one.name for one in panel.form.fields.values() if one.problem and one.name != field]
    assert others == []


def test_a_problem_goes_away_with_its_cause(panel):
    field = panel.form.fields["contact_threshold"]
    field.set("50")
    assert not panel.check()
    field.set("5")
    assert panel.check()
    assert field.problem == ""
    assert not field.error_label.isVisible()


def test_typing_is_checked_after_a_moment(panel, qtbot):
    field = panel.form.fields["contact_threshold"]
    field.set("50")
    qtbot.waitUntil(lambda: bool(field.problem))


def test_what_is_not_seen_is_shown_when_it_is_wrong(panel):
    assert not panel.form.rest.isVisible()
    panel.form.fields["open_threshold"].set("0.5")
    panel.check()
    assert panel.form.rest.isVisible()


def test_a_gain_that_was_set_by_hand_counts(panel):
    rig = fake_bench.rig()
    amplifier = rig.current_amplifier.model_copy(update={"gain_V_per_A": 1e6})
    panel.set_rig(rig.model_copy(update={"current_amplifier": amplifier}))
    assert not panel.check()
    assert "rails" in panel.form.fields["contact_threshold"].problem


def test_a_run_is_asked_for_with_what_the_form_says(panel, qtbot):
    panel.sample.setText("gold, tip 14")
    panel.form.fields["traces"].set("20")
    with qtbot.waitSignal(panel.run_asked) as asked:
        panel.run_button.click()
    (wanted,) = asked.args[0]
    assert wanted.procedure == "break-junction"
    assert wanted.sample == "gold, tip 14"
    assert wanted.values["traces"] == 20
    assert wanted.values["bias"] == 100.0
    assert "20 traces" in panel.verdict.text()


@pytest.mark.parametrize(
    ("name", "over", "text", "values"),
    [
        ("break-junction", "withdraw_speed", "0.1; 0.5; 1", [0.1, 0.5, 1.0]),
        ("heating", "amplitudes", "0.74; 0.95 1.08", [(0.74,), (0.95, 1.08)]),
        ("heating", "order", "+0-; -0+", ["+0-", "-0+"]),
    ],
)
def test_a_sequence_is_several_runs(panel, qtbot, name, over, text, values):
    panel.choose(name)
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData(over))
    panel.sequence.texts.setText(text)
    with qtbot.waitSignal(panel.queue_asked) as asked:
        panel.queue()
    runs: list[Wanted] = asked.args[0]
    assert [run.values[over] for run in runs] == values
    assert {run.procedure for run in runs} == {name}


@pytest.mark.parametrize(("text", "said"), [("", "enter values"), ("fast", "Sweep of")])
def test_a_sequence_that_cannot_be_read_is_refused(panel, text, said):
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData("withdraw_speed"))
    panel.sequence.texts.setText(text)
    assert not panel.check()
    assert said in panel.verdict.text()


def test_what_was_typed_is_there_when_one_comes_back(panel):
    panel.form.fields["traces"].set("77")
    panel.choose("iv")
    panel.choose("break-junction")
    assert panel.form.values()["traces"] == 77


def test_defaults_can_be_had_again(panel):
    panel.preset.setCurrentIndex(0)
    assert panel.form.values()["withdraw_speed"] == 0.1


def test_without_a_bench_nothing_can_be_asked_for(panel):
    panel.explain("The bench is starting; a moment.")
    assert not panel.check()
    assert panel.run_button.toolTip() == "The bench is starting; a moment."
    panel.explain("")
    assert panel.check()


def test_labels_name_what_they_belong_to(panel):
    labels = [one for one in panel.form.findChildren(QLabel) if one.buddy() is not None]
    assert {one.buddy() for one in labels} == {field.input for field in panel.form.fields.values()}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ((0.74, 1.08), "0.74 1.08"), (5.0, "5"), (1e-4, "0.0001"), ("+0-", "+0-"), (3, "3")],
)
def test_values_as_they_are_typed(value, text):
    assert as_text(value) == text


def test_the_form_follows_the_theme(theme, panel):
    from app.gui.widgets.theme import Choice

    panel.form.fields["contact_threshold"].set("50")
    panel.check()
    theme.choose(Choice.DARK)
    colour = panel.form.fields["contact_threshold"].error_label.palette().windowText().color().name()
    assert colour == theme.palette.warning
    assert isinstance(panel.form, Form)


def with_rise_time(rig, rise_time_s):
    fast = rig.current_amplifier.model_copy(update={"rise_time_s": rise_time_s})
    return rig.model_copy(update={"current_amplifier": fast})


def with_lowpass(rig, corner_Hz):
    preamplifier = rig.voltage_preamplifier.model_copy(update={"lowpass_Hz": corner_Hz})
    return rig.model_copy(update={"voltage_preamplifier": preamplifier})


def test_a_filter_below_the_modulation_is_said_at_the_frequency(panel):
    panel.set_rig(with_lowpass(fake_bench.rig(), 10.0))
    panel.choose("heating")
    assert not panel.check()
    assert (
        "low-pass of the voltage preamplifier, 10 Hz, is too slow" in panel.form.fields["frequency"].problem
    )
    panel.choose("control-other-frequencies")
    assert not panel.check()
    assert "10 Hz, is too slow" in panel.form.fields["frequencies"].problem


def test_a_filter_that_does_not_follow_the_levels_is_said_at_the_frequency(panel):
    panel.set_rig(with_lowpass(fake_bench.rig(), 300.0))
    panel.choose("heating")
    assert panel.check()
    panel.form.fields["frequency"].set("200")
    assert not panel.check()
    assert "1.67 ms, but the low-pass of the voltage preamplifier takes 2.65 ms" in panel.verdict.text()
    assert panel.form.fields["frequency"].problem == panel.verdict.text()


def test_the_width_of_a_peak_is_asked_for_at_its_field(panel):
    panel.choose("heating")
    panel.form.fields["window_sigma"].set("1")
    assert not panel.check()
    assert "the width of the histogram's peak" in panel.form.fields["peak_sigma_decades"].problem


def test_the_settings_of_an_earlier_run_are_shown_with_defaults_for_the_rest(panel):
    panel.choose("heating")
    panel.form.fields["hold_time"].set(7)

    panel.show_run("heating", {"amplitudes": [1.18, 1.27]}, "Au-BDNC-Au, tip 14")

    (run,) = panel.wanted()
    assert run.procedure == "heating" and run.sample == "Au-BDNC-Au, tip 14"
    assert tuple(run.values["amplitudes"]) == (1.18, 1.27)
    assert run.values["hold_time"] == PROCEDURES["heating"]().hold_time


def test_sweeps_within_each_other_are_previewed_with_their_times(panel, qtbot):
    panel.choose("iv")
    for level, (name, text) in zip(
        panel.sequence.levels,
        (("peak", "0.5:1.5:0.5; 5"), ("curves", "10; 20"), ("bias", "100")),
        strict=True,
    ):
        assert not level.isHidden()
        level.over.setCurrentIndex(level.over.findData(name))
        level.texts.setText(text)
    assert not panel.check(), "5 V is beyond the rig's limits"
    with qtbot.waitSignal(panel.preview_asked) as asked:
        panel.preview_button.click()
    dialog = PreviewDialog(*asked.args)
    qtbot.addWidget(dialog)
    table = dialog.table
    cells = [[table.item(row, column).text() for column in range(6)] for row in range(table.rowCount())]
    assert [row[:4] for row in cells[:2]] == [["0.5", "10", "100", "10"], ["0.5", "20", "100", "20"]]
    assert [row[4] for row in cells[-2:]] == ["impossible"] * 2
    assert "5 V is outside" in table.item(7, 4).toolTip()
    assert dialog.whole.text().startswith("8 runs, about ")
    panel.sequence.levels[0].texts.setText("1")
    with qtbot.waitSignal(panel.queue_asked) as asked:
        panel.queue()
    assert [(run.values["peak"], run.values["curves"], run.values["bias"]) for run in asked.args[0]] == [
        (1.0, 10, 100.0), (1.0, 20, 100.0),
    ]  # fmt: skip
