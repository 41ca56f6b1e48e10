"""Choice of a preset, with a mark if the form has been changed and a button to reset it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from app.config.own_presets import own_presets, presets_folder
from app.gui.panels.field import Field
from app.gui.presets import PRESETS, Preset
from app.gui.widgets.theme import LARGE, MEDIUM, SMALL
from app.viewmodels.wording import as_read

if TYPE_CHECKING:
    from app.config.run_settings import RunSettings
    from procedures.procedure import RigProcedure

NO_PRESET = "Defaults"
OWN = "own: "
"""Beginning of the data of a preset of the user, which may have the name of another one."""
MOST_LISTED = 8
"""Maximum number of values listed in the tool tip of Reset."""


class PresetChoice(QWidget):
    """List of presets and a button that restores the chosen one's values."""

    chosen = pyqtSignal()
    """A preset was chosen, or Reset was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo, self.reset = QComboBox(), QPushButton("Reset")
        self._procedure: type[RigProcedure] | None = None
        self.folder = presets_folder()
        """Folder of the user's own presets."""
        self.own: dict[str, RunSettings] = {}
        """The user's own presets for this procedure, by name."""
        self._list()
        self.combo.setToolTip(
            "Settings of Lee et al., Nature 498, 209 (2013), for these junctions; below them your own, saved with "
            "Run > Save as preset"
        )
        self.combo.setAccessibleName("Preset")
        self.reset.setMaximumWidth(self.fontMetrics().horizontalAdvance("Reset") + LARGE + SMALL)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(self.combo, 1)
        row.addWidget(self.reset)
        self.setFocusProxy(self.combo)
        self.combo.currentIndexChanged.connect(lambda: self.chosen.emit())
        self.reset.clicked.connect(lambda: self.chosen.emit())

    def offer(self, procedure: "type[RigProcedure]") -> None:
        """List the presets for all procedures and those of this one; keep the choice if it is still listed."""
        self._procedure = procedure
        with QSignalBlocker(self.combo):
            self._list()

    def _list(self) -> None:
        chosen = self.combo.currentData()
        of_procedure = self._procedure.presets if self._procedure is not None else ()
        self.own = own_presets(self.folder, self._procedure.name) if self._procedure is not None else {}
        fixed = (NO_PRESET, *(preset.name for preset in PRESETS), *of_procedure)
        self.combo.clear()
        for name in fixed:
            self.combo.addItem(name, name)
        for name in self.own:
            self.combo.addItem(name, OWN + name)
        self.combo.setCurrentIndex(max(self.combo.findData(chosen), 0))

    def choose(self, preset: Preset) -> None:
        """Choose a preset."""
        self.combo.setCurrentIndex(self.combo.findData(preset.name))

    def choose_own(self, name: str) -> None:
        """List the user's own presets again, and choose one of them if it is there."""
        with QSignalBlocker(self.combo):
            self._list()
            self.combo.setCurrentIndex(max(self.combo.findData(OWN + name), 0))

    @property
    def own_name(self) -> str:
        """Name of the chosen preset of the user; "" for another one."""
        data = str(self.combo.currentData())
        return data.removeprefix(OWN) if data.startswith(OWN) else ""

    @property
    def sample(self) -> str:
        """Sample of the chosen preset; "" if it has none."""
        if self.own_name:
            return self.own[self.own_name].sample
        return self.preset.sample if self.preset is not None else ""

    @property
    def preset(self) -> Preset | None:
        """Chosen preset for all procedures; None for the defaults or a preset of the procedure itself."""
        return next((preset for preset in PRESETS if preset.name == self.combo.currentData()), None)

    def values(self, fields: Mapping[str, Field]) -> dict[str, Any]:
        """Return the values of the preset, with defaults for all other fields."""
        defaults = {name: field.parameter.default for name, field in fields.items()}
        if self._procedure is None:
            return defaults
        if self.own_name:
            return defaults | self.own[self.own_name].values
        if self.preset is not None:
            return defaults | self.preset.of(self._procedure)
        return defaults | dict(self._procedure.presets.get(self.combo.currentData(), {}))

    def compare(self, fields: Mapping[str, Field]) -> None:
        """Mark the preset as changed if a field differs from it, and list the differences under Reset."""
        others = [
            f"{fields[name].parameter.name}: {as_read(value) or 'empty'}"
            for name, value in self.values(fields).items()
            if not fields[name].holds(value)
        ]
        for index in range(self.combo.count()):
            mark = " (changed)" if others and index == self.combo.currentIndex() else ""
            self.combo.setItemText(index, str(self.combo.itemData(index)).removeprefix(OWN) + mark)
        name = str(self.combo.currentData()).removeprefix(OWN)
        more = [f"and {len(others) - MOST_LISTED} more"] if len(others) > MOST_LISTED else []
        tip = "\n".join([f"Reset to {name}:", *others[:MOST_LISTED], *more])
        self.reset.setEnabled(bool(others))
        self.reset.setToolTip(tip if others else f"All values are those of {name}.")
