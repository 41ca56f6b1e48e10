"""``kind = "table"``: transmission against energy from a file."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from analysis.fitting.families import TransmissionFamily
from analysis.transport.table import read_table
from app.models.kind import ModelContext, TransmissionSection, built_family


class TableSection(TransmissionSection):
    """``file`` is relative to the model file, ``fermi_energy`` in its ``energy_unit`` (eV, meV, J, Ry, Ha).

    ``outside`` ("edge", "zero") is what tau is beyond the table, ``interpolation`` "linear" or "pchip".
    """

    kind: Literal["table"]
    file: Path
    energy_unit: str = "eV"
    fermi_energy: float = 0.0
    outside: Literal["edge", "zero"] = "edge"
    interpolation: Literal["linear", "pchip"] = "linear"

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return the table, by its bias drop."""
        path = context.path.parent / self.file
        if not path.is_file():
            raise context.error("transmission.file", f"there is no file {path}")
        table = read_table(
            path,
            self.energy_unit,
            self.fermi_energy,
            outside=self.outside,
            interpolation=self.interpolation,
        )
        return built_family(
            lambda x: replace(table, bias_drop=x[0]), [("bias_drop", context.bias_drop, False)]
        )
