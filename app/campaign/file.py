"""Campaign file: the stages of a measurement. docs/how-to/campaign.md explains each key."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from app.config.toml import FileError, Section, load_toml

Parameters = dict[str, Any]
"""Parameters of a procedure, as `hotjunction run PROCEDURE` names them (with _ for -)."""

Positive = Annotated[float, Field(gt=0)]


class HistogramStageSection(Section):
    """Opening traces, whose peak sets the conductance of held junctions."""

    traces: int = Field(500, ge=20, le=1_000_000)
    parameters: Parameters = Field(default_factory=dict)


class IVStageSection(Section):
    """I-V curves of held junctions."""

    curves: int = Field(100, ge=2, le=100_000)
    peak_V: Positive
    parameters: Parameters = Field(default_factory=dict)


class HeatingStageSection(Section):
    """The heating stage, prepared by the others.

    Give the amplitudes, or ``equal_powers`` equal steps of power up to ``largest_V`` on the measured I-V.
    """

    amplitudes_V: tuple[Positive, ...] = ()
    equal_powers: int = Field(0, ge=0, le=50)
    largest_V: float = Field(0.0, ge=0)
    holds: int = Field(100, ge=1, le=100_000)
    parameters: Parameters = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.amplitudes_V) == bool(self.equal_powers):
            raise ValueError("give either amplitudes_V, or equal_powers with largest_V")
        if self.equal_powers and not self.largest_V:
            raise ValueError("equal_powers needs largest_V")
        if self.largest_V and not self.equal_powers:
            raise ValueError("largest_V belongs to equal_powers; leave it out with amplitudes_V")
        return self


class Control(Section):
    """One control experiment, named as `hotjunction run control-NAME`; at the largest amplitude if none is given."""

    name: str
    amplitudes_V: tuple[float, ...] = ()
    holds: int = Field(20, ge=1, le=100_000)
    parameters: Parameters = Field(default_factory=dict)


class ThermopowerStageSection(Section):
    """Thermopower of held junctions, after the heating and its controls, on a rig with a heater."""

    dT_K: tuple[float, ...] = (0.0, 10.0, 20.0)
    holds: int = Field(60, ge=1, le=100_000)
    parameters: Parameters = Field(default_factory=dict)


class CampaignFile(Section):
    """A whole campaign file.

    ``conductance_G0`` is the approximate conductance of the junction, which selects the histogram's peak. ``held`` are
    parameters common to all stages with holds.
    """

    sample: str
    conductance_G0: Positive
    rig: Path = Path("rig.toml")
    folder: Path = Path()
    notes: str = ""
    histogram: HistogramStageSection = Field(default_factory=lambda: HistogramStageSection.model_validate({}))
    held: Parameters = Field(default_factory=dict)
    iv: IVStageSection | None = None
    heating: HeatingStageSection
    controls: tuple[Control, ...] = ()
    thermopower: ThermopowerStageSection | None = None

    @model_validator(mode="after")
    def _powers_need_curves(self) -> Self:
        if self.heating.equal_powers and self.iv is None:
            raise ValueError("heating.equal_powers needs the stage [iv]")
        names = [control.name for control in self.controls]
        if len(set(names)) < len(names):
            raise ValueError(f"controls names one of {', '.join(names)} twice")
        return self


def load_campaign(path: Path) -> CampaignFile:
    """Read and check a campaign file. Its paths are relative to its folder; recordings go into a folder of its name.

    Raises
    ------
    FileError
        Naming file, key and bound.
    """
    content = load_toml(path, CampaignFile)
    folder = path.parent / (content.folder if "folder" in content.model_fields_set else Path(path.stem))
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{path}: folder: {folder} is a file, not a folder for recordings")
    return content.model_copy(update={"rig": path.parent / content.rig, "folder": folder})
