"""A key of a model or probe file that is accepted changes what is computed; else it is refused. Every key is walked."""

import tomllib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from app.commands import fit as fit_command
from app.commands import predict as predict_command
from app.models.coupling import Coupling
from app.models.floating import FloatingSection
from app.models.kind import FieldsSection, TransmissionSection, section_of
from app.models.kinds.huckel import HuckelSection, LeadSection
from app.models.kinds.levels import LevelSection, LevelsSection
from app.models.kinds.table import TableSection
from app.models.molecule import MoleculeKeys
from app.models.schema import MeasuredNumber, MeasuredSection, ModelFile, PhononNumber, ProbeSection
from app.models.series import NumberRange
from app.models.terminals import MoleculeSection, TerminalFile, TerminalSection
from tests.support.file_keys import Place, changed, others, sections, toml

HEAD = """
temperature_probe_K = 300.0
temperature_substrate_K = 290.0
voltage_V = { start = 0.1, stop = 0.9, points = 3 }
bias_drop = 0.4
molecules = 2.0
"""
PROBE = "[probe]\nthermal_resistance_K_per_W = 7e4\n"
MEASURED = """
[measured]
conductance_G0 = { value = 0.01, sigma = 1e-3 }
seebeck_V_per_K = { value = -2e-6, sigma = 1e-6 }
thermal_conductance_W_per_K = { value = 2e-11, sigma = 2e-12 }
phonon_W_per_K = { value = 1.5e-11, sigma = 1e-12 }
peltier_V = { value = -6e-4, sigma = 1e-4 }
heating = "heating.csv"
heating_correlation = 0.5
heating_scale_sigma = 0.014
"""
HEATS = '[measured]\nheating = "heating.csv"\n'
LEVELS = """
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = { start = 0.6, min = 0.1, max = 2.0 }
gamma_probe_eV = { start = 0.03, min = 1e-4, max = 1.0 }
gamma_substrate_eV = 0.05
"""
HUCKEL = """
[transmission]
kind = "huckel"
sites = 4
geometry = "ring"
hopping_eV = 2.5
onsite_eV = { start = 0.5, min = -2.0, max = 2.0 }
[[transmission.leads]]
name = "probe"
site = 1
gamma_per_site_eV = 0.4
[[transmission.leads]]
name = "substrate"
site = 2
gamma_per_site_eV = 0.3
"""
FLOATING = "[floating_probe]\ngamma_per_site_eV = { start = 0.02, min = 1e-5, max = 1.0 }\n"
FILES = {
    "levels": HEAD + LEVELS + PROBE + MEASURED,
    "levels, bare": "voltage_V = [0.3]\n" + LEVELS,
    "levels, heats": HEAD + LEVELS + HEATS,
    "flat": HEAD.replace("bias_drop = 0.4\n", "")
    + '[transmission]\nkind = "flat"\nvalue = { start = 0.5, min = 0.1, max = 1.0 }\n'
    + MEASURED,
    "table": HEAD.replace("bias_drop = 0.4", "bias_drop = { start = 0.4, min = 0.0, max = 1.0 }")
    + '[transmission]\nkind = "table"\nfile = "tau.csv"\n',
    "huckel": HEAD + HUCKEL + PROBE + MEASURED,
    "molecule": 'voltage_V = [0.3]\n[transmission]\nkind = "huckel"\nmolecule = "1,4-benzenediamine"\n',
    "floating on a level": LEVELS + FLOATING + HEATS,
    "floating on a molecule": HUCKEL + FLOATING + HEATS,
}
PROBE_FILE = """
regime = "nonlinear"
circuit = "electronic"
reference_temperature_K = 300.0
level_alignment_eV = { start = -0.3, stop = 0.3, points = 3 }
[transmission]
kind = "huckel"
geometry = "ring"
sites = 6
hopping_eV = 2.7
[[terminals]]
name = "probe"
sites = [1]
gamma_total_eV = 0.5
temperature_K = 310.0
mu_eV = 0.01
[[terminals]]
name = "substrate"
sites = [4]
gamma_total_eV = 0.5
temperature_K = 300.0
[[terminals]]
name = "P"
sites = [3]
gamma_total_eV = 0.05
temperature_K = 300.0
probe = "voltage"
"""
TRANSMISSIONS = {
    "levels": LevelsSection,
    "levels, bare": LevelsSection,
    "levels, heats": LevelsSection,
    "flat": section_of("flat"),
    "table": TableSection,
    "huckel": HuckelSection,
    "molecule": HuckelSection,
    "floating on a level": LevelsSection,
    "floating on a molecule": HuckelSection,
}


def places(name: str, content: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Sections of a file: where they stand, or could stand, and their classes."""
    yield (), ModelFile
    yield ("transmission",), TRANSMISSIONS[name]
    yield ("probe",), ProbeSection
    yield ("measured",), MeasuredSection
    yield ("floating_probe",), FloatingSection
    numbers = dict.fromkeys(
        ("conductance_G0", "seebeck_V_per_K", "thermal_conductance_W_per_K", "peltier_V"), MeasuredNumber
    )
    for key, number in (*numbers.items(), ("phonon_W_per_K", PhononNumber)):
        if key in content.get("measured", {}):
            yield ("measured", key), number
    if isinstance(content.get("voltage_V"), dict):
        yield ("voltage_V",), NumberRange
    for key, section in (("levels", LevelSection), ("leads", LeadSection)):
        for i in range(len(content["transmission"].get(key, ()))):
            yield ("transmission", key, i), section


def probe_places(content: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    yield (), TerminalFile
    yield ("transmission",), MoleculeSection
    yield ("level_alignment_eV",), NumberRange
    for i in range(len(content["terminals"])):
        yield ("terminals", i), TerminalSection


class _Seen(ValueError):
    """Stops a fit once it is known what it would fit."""


@pytest.fixture
def computed(tmp_path, monkeypatch):
    """Return the results of both commands for a file; None for a command that refuses it."""
    bias = np.array([0.5, 0.8, -0.5, -0.8])
    rows = np.transpose([bias, [2e-8, 9e-8, 3e-8, 8e-8], np.full(4, 1e-9)])
    names = "voltage_V,heat_probe_W,sigma_W"
    np.savetxt(tmp_path / "heating.csv", rows, delimiter=",", header=names, comments="")
    V = np.linspace(-0.8, 0.8, 9)
    np.savetxt(
        tmp_path / "iv.csv",
        np.transpose([V, 1e-7 * np.sinh(3 * V)]),
        header="V,I",
        delimiter=",",
        comments="",
    )
    energy = np.linspace(-1.0, 1.0, 21)
    np.savetxt(tmp_path / "tau.csv", np.transpose([energy, np.exp(-((energy - 0.3) ** 2))]), delimiter=",")
    captured: list[str] = []

    def plain(problem, *_):
        at = problem.evaluated(np.array([p.start for p in problem.parameters]))
        captured.append(repr((problem.parameters, [x.tolist() for x in (at.residual, at.slopes)])))
        raise _Seen

    def compared(data, family, *_):
        parts = [x.whitened(x.measured).tolist() for x in data.terms]
        parts += [data.current.voltage_V.tolist(), data.heating and vars(data.heating)]
        temperatures = data.temperature_probe_K, data.temperature_substrate_K
        rest = {k: getattr(v, "tolist", lambda v=v: v)() for k, v in vars(family).items()}
        captured.append(repr((parts, temperatures, rest)))
        raise _Seen

    monkeypatch.setattr("app.models.fit.fit_thoroughly", plain)
    monkeypatch.setattr("app.models.fit.compare_probes", compared)
    path = tmp_path / "model.toml"

    def run(content):
        path.write_text(toml(content), encoding="utf-8")
        captured.clear()
        predicted = CliRunner().invoke(predict_command.command, [str(path), "--json"])
        data = [str(tmp_path / "iv.csv"), "--model", str(path), "--relative-error", "0.05"]
        CliRunner().invoke(fit_command.command, data)
        return [predicted.output if predicted.exit_code == 0 else None, captured[0] if captured else None]

    return run


def without_effect(content, listed, computed):
    """Keys that are accepted and change nothing, with the value that was tried."""
    before = computed(content)
    assert any(x is not None for x in before), "the file itself must be usable"
    idle = []
    for place, section in listed:
        here: Any = content
        for part in place:
            here = here[part] if isinstance(part, int) else here.get(part, {})
        for key in section.model_fields:
            for value in others(section, key, here.get(key)):
                after = computed(changed(content, place, key, value))
                usable = [(a, b) for a, b in zip(before, after, strict=True) if a is not None]
                if all(a == b for a, b in usable):
                    idle.append((".".join(map(str, (*place, key))), value))
    return idle


def test_every_section_of_these_files_is_walked():
    """A section that is new in their modules must get a place above."""
    bases = {Coupling, FieldsSection, MoleculeKeys, TransmissionSection}
    ours = {x for x in sections() if x.__module__.startswith("app.models.")} - bases
    walked = {x for name, text in FILES.items() for _, x in places(name, tomllib.loads(text))}
    walked |= {x for _, x in probe_places(tomllib.loads(PROBE_FILE))}
    assert ours == {x for x in walked if x.__module__.startswith("app.models.")}


@pytest.mark.parametrize("name", FILES)
def test_every_key_of_a_model_file_has_an_effect_or_is_refused(name, computed):
    content = tomllib.loads(FILES[name])
    assert without_effect(content, places(name, content), computed) == []


def test_every_key_of_a_probe_file_has_an_effect_or_is_refused(computed):
    content = tomllib.loads(PROBE_FILE)
    assert without_effect(content, probe_places(content), computed) == []
