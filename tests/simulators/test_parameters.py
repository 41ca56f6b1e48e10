"""The loader: three sources in order, and errors that a user can act on."""

from pathlib import Path

import pytest
from pydantic import Field

from simulators import parameters
from simulators.parameters import ParameterError, ParameterSection, load_parameters


class Springs(ParameterSection):
    stiffness_N_per_m: float = Field(gt=0)
    turns: int
    name: str
    lengths_m: list[float]


@pytest.fixture(autouse=True)
def defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "defaults.toml"
    file.write_text(
        '[springs]\nstiffness_N_per_m = 2.0\nturns = 3\nname = "coil"\nlengths_m = [0.1, 0.2]\n'
        "[molecule.BDA]\nlength_m = 1.0\n[molecule.BDNC]\nlength_m = 2.0\n"
    )
    monkeypatch.setattr(parameters, "DEFAULTS", file)


def test_defaults_are_read() -> None:
    loaded = load_parameters()
    assert loaded.section("springs", Springs).lengths_m == [0.1, 0.2]
    assert loaded.values["molecule"]["BDNC"]["length_m"] == 2.0


def test_overrides_come_after_the_users_file(tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text("[springs]\nturns = 5\nstiffness_N_per_m = 7\n")
    springs = load_parameters(user, {"springs": {"turns": 6}}).section("springs", Springs)
    assert springs.turns == 6
    assert springs.stiffness_N_per_m == 7.0


@pytest.mark.parametrize(
    "overrides",
    [
        {"springs": {"name": "leaf", "turns": 4}},
        {"springs.name": "leaf", "springs.turns": 4},
        {"springs": {"name": "leaf"}, "springs.turns": 4},
        ["springs.name=leaf", "springs.turns = 4"],
        ['springs.name="leaf"', "springs.turns=4"],
    ],
)
def test_three_spellings_of_an_override(overrides: object) -> None:
    springs = load_parameters(overrides=overrides).section("springs", Springs)
    assert (springs.name, springs.turns) == ("leaf", 4)


def test_overrides_leave_the_callers_mapping_alone() -> None:
    mine = {"springs": {"turns": 4}}
    load_parameters(overrides={**mine, "springs.name": "leaf"})
    assert mine == {"springs": {"turns": 4}}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"spring.turns": 4}, r"unknown parameter spring; did you mean 'springs'\?"),
        ({"springs.turn": 4}, r"unknown parameter springs\.turn; did you mean 'turns'\?"),
        ({"springs.turns": 4.5}, r"springs\.turns = 4\.5: expected int"),
        ({"springs.turns": True}, r"springs\.turns = True: expected int"),
        ({"springs": 4}, r"springs is a section"),
        ({"molecule.BDX": {"size_m": 1.0}}, r"unknown parameter molecule\.BDX"),
        (["springs.turns"], r"expected section\.key=value"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(overrides: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        load_parameters(overrides=overrides)


def test_bounds_are_named_with_section_and_key() -> None:
    loaded = load_parameters(overrides={"springs.stiffness_N_per_m": -1})
    with pytest.raises(ParameterError, match=r"springs\.stiffness_N_per_m = -1\.0: .*greater than 0"):
        loaded.section("springs", Springs)


def test_a_section_that_does_not_exist() -> None:
    with pytest.raises(ParameterError, match=r"unknown parameter sprins; did you mean 'springs'\?"):
        load_parameters().section("sprins", Springs)


def test_a_further_complete_molecule_is_welcome() -> None:
    loaded = load_parameters(overrides={"molecule.C6": {"length_m": 3.0}})
    assert loaded.values["molecule"]["C6"]["length_m"] == 3.0


def test_a_file_that_is_not_toml_names_itself(tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text("[springs\n")
    with pytest.raises(ParameterError, match=r"user\.toml"):
        load_parameters(user)
