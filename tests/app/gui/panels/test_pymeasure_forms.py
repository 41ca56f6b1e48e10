"""PyMeasure's own widgets show the procedures: forms and sequences work, and nothing pretends to run."""

from importlib import import_module

import pytest
from pymeasure.display.widgets import InputsWidget, LogWidget
from pymeasure.display.windows.managed_window import ManagedWindowBase
from pymeasure.experiment import Results, Worker
from pymeasure.experiment.procedure import Procedure

from app.commands.calibrate import KINDS
from procedures.break_junction import BreakJunction
from procedures.registry import PROCEDURES
from tests.support.patience import PATIENCE_S

CALIBRATIONS = {
    f"calibrate-{kind}": (f"procedures.calibrate_{kind}", name) for kind, (name, _) in KINDS.items()
}


def class_of(name):
    if name in PROCEDURES:
        return PROCEDURES[name]
    module, class_name = CALIBRATIONS[name]
    return getattr(import_module(module), class_name)


@pytest.mark.parametrize("name", [*PROCEDURES, *CALIBRATIONS])
def test_a_form_of_all_parameters_gives_the_defaults_back(qtbot, name):
    procedure_class = class_of(name)
    defaults = procedure_class().parameter_values()
    form = InputsWidget(procedure_class, inputs=tuple(defaults))
    qtbot.addWidget(form)

    filled = form.get_procedure().parameter_values()

    assert {one: filled[one] for one, value in defaults.items() if value is not None} == {
        one: value for one, value in defaults.items() if value is not None
    }


def test_a_list_can_be_typed_into_a_form(qtbot):
    form = InputsWidget(class_of("heating"), inputs=("amplitudes", "frequency", "levels"))
    qtbot.addWidget(form)
    form.amplitudes.setText("0.74 0.95, 1.27")
    form.levels.setText("+1:2 0:1 -1:2")

    procedure = form.get_procedure()

    assert procedure.amplitudes == (0.74, 0.95, 1.27)
    assert (procedure.frequency, procedure.levels) == ("12.25", "+1:2 0:1 -1:2")


class Window(ManagedWindowBase):
    """A window of a user of PyMeasure that queues elsewhere."""

    def __init__(self, procedure_class):
        names = tuple(procedure_class().parameter_objects())
        super().__init__(
            procedure_class, widget_list=[LogWidget("Log")], inputs=names, displays=names, sequencer=True
        )
        self.queued = []

    def queue(self, procedure=None):
        self.queued.append(procedure)


@pytest.mark.parametrize("name", [name for name in PROCEDURES if name not in ("playback", "park")])
def test_a_sequence_over_a_parameter_queues_a_procedure_for_each_value(qtbot, tmp_path, name):
    window = Window(class_of(name))
    qtbot.addWidget(window)
    file = tmp_path / "sequence.txt"
    file.write_text('- "Bias", "[50, 100]"\n-- "Approach speed", "[2, 3, 4]"\n', "utf-8")

    window.sequencer.load_sequence(filename=str(file))
    window.sequencer.queue_sequence()

    assert [(one.bias, one.approach_speed) for one in window.queued] == [
        (bias, speed) for bias in (50.0, 100.0) for speed in (2.0, 3.0, 4.0)
    ]


def test_pymeasure_s_worker_fails_with_a_sentence(tmp_path):
    procedure = BreakJunction()
    with pytest.raises(
        NotImplementedError, match=r"can't run break-junction: .*hotjunction run, or queue it"
    ):
        procedure.execute()
    worker = Worker(Results(procedure, str(tmp_path / "worker.csv")))
    worker.start()
    worker.join(PATIENCE_S)
    assert procedure.status == Procedure.FAILED
