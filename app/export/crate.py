"""A folder for the supplement of a paper: recordings, results, figures and report, described as an RO-Crate.

Source: RO-Crate Metadata Specification 1.1 (Sefton et al., 2020). The description is plain JSON-LD.
"""

import json
import mimetypes
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.export.content import Content, ExportError, content_of
from app.export.figures import figures_of, write_figures
from app.export.text_files import write_csv
from app.export.write import WIDTHS, write_whole
from app.offline.code_version import code_version
from app.offline.identity import sha256_of
from app.offline.measurement import Measurement
from app.report.page import write_report

METADATA = "ro-crate-metadata.json"

_SOFTWARE = "#hotjunction"
_TYPES = {".h5": "application/x-hdf5", ".nxs": "application/x-hdf5", ".hdf5": "application/x-hdf5"}


@dataclass(frozen=True)
class About:
    """Facts on a supplement that no recording holds.

    Parameters
    ----------
    title, description, license : str
    authors : tuple of str
        Names, or ORCID addresses ("https://orcid.org/...").
    published : date
    """

    title: str
    description: str
    license: str
    authors: tuple[str, ...]
    published: date


def write_crate(measurement: Measurement, about: About, out: Path, force: bool = False) -> None:
    """Write the folder of a supplement.

    Raises
    ------
    ExportError
        If something is there already, two recordings have the same name, or the folder can't be written.
    """
    if out.exists() and not force:
        raise ExportError(f"{out} exists already; --force replaces it, --to writes elsewhere")
    names = [part.path.name for part in measurement.parts]
    if double := {name for name in names if names.count(name) > 1}:
        raise ExportError(f"two recordings are called {sorted(double)[0]}; rename one of them")
    write_whole(out, True, partial(_fill, measurement, content_of(measurement), about))


def _fill(measurement: Measurement, content: Content, about: About, folder: Path) -> None:
    for name in ("recordings", "tables", "figures"):
        (folder / name).mkdir()
    for part in measurement.parts:
        copy = folder / "recordings" / part.path.name
        shutil.copyfile(part.path, copy)
        if part.sha256 and sha256_of(copy) != part.sha256:
            raise ExportError(f"{part.path}: changed since it was analysed; run the command again")
    write_csv(content, folder / "tables")
    if figures_of(measurement):
        write_figures(measurement, folder / "figures", "pdf", WIDTHS["double"])
    write_report(measurement, folder / "report.html")
    (folder / METADATA).write_text(
        json.dumps(description(content, about, folder), indent=1, ensure_ascii=False), encoding="utf-8"
    )


def description(content: Content, about: About, folder: Path) -> dict[str, Any]:
    """Return the description of a folder and all files in it, as JSON-LD."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != METADATA)
    entities = [_file(path, folder) for path in files]
    recordings = [e for e in entities if e["@id"].startswith("recordings/")]
    started = {r["file"]: r["started"] for r in content.provenance["recordings"]}
    for entity in recordings:
        if when := started.get(entity["name"]):
            entity["dateCreated"] = when
    made = [e for e in entities if e not in recordings]
    people = [_person(name) for name in about.authors]
    terms = _license(about.license)
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title,
        "description": about.description,
        "datePublished": about.published.isoformat(),
        "license": {"@id": terms["@id"]},
        "author": _ids(people),
        "hasPart": _ids(entities),
        "mentions": {"@id": "#analysis"},
    }
    analysis = {
        "@id": "#analysis",
        "@type": "CreateAction",
        "name": "Analysis of the recordings",
        "instrument": {"@id": _SOFTWARE},
        "object": _ids(recordings),
        "result": _ids(made),
        "description": content.history,
    }
    software = {
        "@id": _SOFTWARE,
        "@type": "SoftwareApplication",
        "name": "hotjunction",
        "version": metadata.version("hotjunction"),
        "softwareVersion": code_version(),
    }
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, root, *entities, *people, terms, software, analysis]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _file(path: Path, folder: Path) -> dict[str, Any]:
    kind = _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {
        "@id": quote(path.relative_to(folder).as_posix()),
        "@type": "File",
        "name": path.name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": kind,
        "sha256": sha256_of(path),
    }


def _person(name: str) -> dict[str, Any]:
    if "://" in name:
        return {"@id": name, "@type": "Person", "name": name.rstrip("/").rpartition("/")[2]}
    return {"@id": f"#{quote(name.replace(' ', '-'))}", "@type": "Person", "name": name}


def _license(text: str) -> dict[str, Any]:
    return {"@id": text if "://" in text else "#license", "@type": "CreativeWork", "name": text}


def _ids(entities: Sequence[dict[str, Any]]) -> list[dict[str, str]] | dict[str, str]:
    """Return references; a single one is not written as a list."""
    references = [{"@id": entity["@id"]} for entity in entities]
    return references[0] if len(references) == 1 else references
