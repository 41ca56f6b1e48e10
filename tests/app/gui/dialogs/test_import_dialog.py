"""The dialog that imports files: a preview before anything is written, the sentence for what is missing, a profile."""

import numpy as np
import pytest

from analysis.recording import Recording
from app.config.import_profile import load_profile
from app.gui.dialogs.import_dialog import ImportDialog
from tests.app.gui.conftest import PATIENCE_MS


@pytest.fixture
def curve(tmp_path):
    rows = "".join(f"{v:.3f}\t{5 * v**3:.5f}\n" for v in np.linspace(-0.8, 0.8, 33))
    path = tmp_path / "curve.txt"
    path.write_text(f"Jännite\tVirta\n{rows}", "utf-8")
    return path


@pytest.fixture
def dialog(qtbot):
    dialog = ImportDialog()
    qtbot.addWidget(dialog)
    return dialog


def previewed(dialog, qtbot):
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=PATIENCE_MS)
    return dialog.text.toPlainText()


def test_a_preview_an_import_and_a_profile(dialog, qtbot, curve, tmp_path):
    out = tmp_path / "curve.h5"
    dialog.add([curve])
    assert "jännite" in previewed(dialog, qtbot)
    dialog.edits["columns"].setText("bias=1:V; current=Virta:furlongs")
    assert not dialog.import_button.isEnabled()  # the preview is of another form
    dialog.show_preview()
    assert "unit 'furlongs' in current = 'Virta:furlongs' is unknown" in dialog.message.text()
    dialog.edits["columns"].setText("bias=1:V; current=Virta:nA")
    dialog.show_preview()
    text = previewed(dialog, qtbot)
    assert "1 I-V sweep from curve.txt, 33 samples" in text
    assert "current: −2.56 to 2.56 nA" in text
    assert not out.exists()

    with qtbot.waitSignal(dialog.imported, timeout=PATIENCE_MS) as imported:
        dialog.write(out)
    assert imported.args == [out]
    with Recording(out) as recording:
        assert recording.header.parameters["profile"] == '[columns]\nbias = "1:V"\ncurrent = "Virta:nA"\n'

    dialog.save_profile(tmp_path / "lab.toml")
    dialog.edits["columns"].clear()
    dialog.open_profile(tmp_path / "lab.toml")
    assert dialog.edits["columns"].text() == "bias=1:V; current=Virta:nA"
    assert dialog.profile() == load_profile(tmp_path / "lab.toml")

    dialog.write(out)
    qtbot.waitUntil(lambda: "exists" in dialog.message.text(), timeout=PATIENCE_MS)
