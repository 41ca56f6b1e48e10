"""The folder of a supplement holds what it lists, and the report as PDF holds the report."""

import json
import re
from datetime import date
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from PyQt6.QtCore import QSize
from PyQt6.QtPdf import QPdfDocument

from app.cli import main
from app.export.content import ExportError
from app.export.crate import METADATA, About, write_crate
from app.offline.identity import sha256_of
from app.offline.many import analyse_files
from app.report.pdf import write_pdf
from tests.support.recordings.made_recordings import made_iv

# PDF needs an application of Qt, and the widgets of later tests need this kind.
pytestmark = pytest.mark.usefixtures("qapp")

ABOUT = About(
    "Heat", "d", "https://example.org/by", ("Ada Müller", "https://orcid.org/0000-0001"), date(2026, 1, 2)
)


@pytest.fixture(scope="module")
def measurement(tmp_path_factory):
    folder = tmp_path_factory.mktemp("größe")
    made_iv(folder / "i v.h5", np.random.default_rng(1), curves=2)
    return analyse_files([folder / "i v.h5"])


def another_library_reads_it(folder):
    """Read the folder with the library of the RO-Crate project, where it is installed."""
    try:
        from rocrate.rocrate import ROCrate
    except ImportError:
        return
    crate = ROCrate(folder)
    assert (crate.name, str(crate.datePublished)[:10], crate.license.id) == (
        "Heat",
        "2026-01-02",
        ABOUT.license,
    )
    assert {entity.id for entity in crate.data_entities} >= {"recordings/i%20v.h5", "report.html"}


def many(value):
    return value if isinstance(value, list) else [value]


def demand_rules_of_the_specification(folder):
    """Check each MUST of RO-Crate 1.1 (structure, root data entity, data entities, JSON-LD), and two SHOULDs.

    `rocrate-validator` wants the network for the context, so its rules are written here.
    """
    whole = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))
    assert set(whole) == {"@context", "@graph"}
    assert whole["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = whole["@graph"]
    graph = {entity["@id"]: entity for entity in entities}
    assert len(graph) == len(entities), "an entity is described once"
    for entity in entities:
        assert entity["@type"]
        for value in [one for key in entity for one in many(entity[key])]:
            assert isinstance(value, str) or set(value) == {"@id"}, "flattened: only references"
            if isinstance(value, dict):
                assert value["@id"] in graph or value["@id"] == "https://w3id.org/ro/crate/1.1"
        assert not re.search(r"[^!#$%&'()*+,/:;=?@~\w.-]|%(?![0-9A-F]{2})", entity["@id"], re.ASCII)
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/")
    root = graph[descriptor["about"]["@id"]]
    assert root["@type"] == "Dataset" and root["@id"].endswith("/")
    assert root["name"] and root["description"]
    assert date.fromisoformat(root["datePublished"])
    assert graph[root["license"]["@id"]]["@type"] == "CreativeWork" and graph[root["license"]["@id"]]["name"]
    assert all(graph[author["@id"]]["@type"] == "Person" for author in many(root["author"]))
    files = {one["@id"] for one in entities if one["@type"] == "File"}
    assert files == {part["@id"] for part in many(root["hasPart"])}
    for name in files:
        address = urlsplit(name)
        assert not (address.scheme or address.netloc or address.query or address.fragment)
        assert (folder / unquote(address.path)).is_file()


@pytest.mark.parametrize("license", ["https://creativecommons.org/licenses/by/4.0/", "on request, 50 %"])
def test_a_supplement_keeps_the_rules_whatever_its_files_are_called(license, tmp_path):
    recording = tmp_path / "50% #3 größe.h5"
    made_iv(recording, np.random.default_rng(1), curves=2)
    about = About("Heat", "d", license, ('Ada "A" Müller',), date(2026, 1, 2))

    write_crate(analyse_files([recording]), about, tmp_path / "supplement")

    demand_rules_of_the_specification(tmp_path / "supplement")


def test_every_file_is_listed_with_its_hash(measurement, tmp_path):
    out = tmp_path / "supplement"
    write_crate(measurement, ABOUT, out)

    graph = {e["@id"]: e for e in json.loads((out / METADATA).read_text("utf-8"))["@graph"]}
    listed = {part["@id"] for part in graph["./"]["hasPart"]}
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} - {METADATA}
    assert {unquote(name) for name in listed} == there
    assert {
        "recordings/i v.h5",
        "tables/iv.csv",
        "tables/provenance.json",
        "figures/paper.pdf",
        "report.html",
    } <= there
    for name in listed:
        path = out / unquote(name)
        assert graph[name]["sha256"] == sha256_of(path)
        assert graph[name]["contentSize"] == str(path.stat().st_size)
    analysis = graph["#analysis"]
    assert analysis["object"] == {"@id": "recordings/i%20v.h5"}
    assert {x["@id"] for x in analysis["result"]} == listed - {"recordings/i%20v.h5"}
    assert measurement.parts[0].sha256 in analysis["description"]
    assert [graph[a["@id"]]["name"] for a in graph["./"]["author"]] == ["Ada Müller", "0000-0001"]
    ids = set(graph) | {"https://w3id.org/ro/crate/1.1", "https://example.org/by"}
    assert (
        set(re.findall(r'\{"@id": "([^"]*)"\}', json.dumps(list(graph.values()), ensure_ascii=False))) <= ids
    )
    with pytest.raises(ExportError, match="exists already"):
        write_crate(measurement, ABOUT, out)


def test_a_recording_that_changed_since_makes_no_supplement(measurement, tmp_path, monkeypatch):
    monkeypatch.setattr("app.export.crate.sha256_of", lambda path: "other")
    with pytest.raises(ExportError, match="changed since it was analysed"):
        write_crate(measurement, ABOUT, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_broken_recording_makes_no_supplement(measurement, tmp_path):
    (tmp_path / "empty.h5").write_bytes(b"")
    done = CliRunner().invoke(
        main,
        ["crate", str(measurement.parts[0].path), str(tmp_path / "empty.h5"), "--to", str(tmp_path / "x")],
    )
    assert done.exit_code == 2
    assert "empty.h5" in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("qapp")
def test_the_report_as_pdf_has_its_text_and_figures(measurement, tmp_path):
    write_pdf(measurement, tmp_path / "report.pdf")

    document = QPdfDocument(None)
    document.load(str(tmp_path / "report.pdf"))
    assert document.pageCount() >= 1
    text = " ".join(document.getAllText(page).text() for page in range(document.pageCount()))
    assert "Au-BDNC-Au" in text
    assert measurement.parts[0].sha256 in re.sub(r"\s", "", text)
    size = document.pagePointSize(0)
    assert (round(size.width()), round(size.height())) == (595, 842)
    page = document.render(0, QSize(595, 842))
    assert not page.isNull()
    document.close()
    with pytest.raises(OSError, match=r"."):
        write_pdf(measurement, tmp_path / "no folder" / "report.pdf")
