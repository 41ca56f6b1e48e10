"""Pages that can be read anywhere: narrow lines, links that lead somewhere, paths of files that exist."""

import re
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS, PAGES, PROJECT, prose

WIDTH = 100
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_PATH = re.compile(
    r"`((?:analysis|app|drivers|hotjunction|procedures|simulators|tests|docs)/[\w./-]+\.\w+)`"
)
EXAMPLES = re.compile(
    r"va100|hand_set|open_noise|lengths|json_lines"
)  # files that the guides let a reader write

READ = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *PAGES]


def name(path):
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", READ, ids=name)
def test_lines_are_narrow(path):
    lines = enumerate(prose(path.read_text("utf-8")).splitlines(), 1)
    exempt = ("|", "![", "#")

    assert [
        (n, line) for n, line in lines if len(line) > WIDTH and not line.lstrip().startswith(exempt)
    ] == []


@pytest.mark.parametrize("path", READ, ids=name)
def test_links_lead_to_files(path):
    targets = [target.partition("#")[0] for target in LINK.findall(prose(path.read_text("utf-8")))]
    here = [target for target in targets if target and "://" not in target]

    assert [target for target in here if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", READ, ids=name)
def test_files_of_the_code_that_a_page_names_exist(path):
    named = CODE_PATH.findall(prose(path.read_text("utf-8")))

    assert [one for one in named if not (EXAMPLES.search(one) or (PROJECT / one).exists())] == []


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("0*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_picture_of_the_architecture_is_that_of_its_script(tmp_path):
    script = tmp_path / "architecture.py"
    script.write_text((DOCS / "images" / "architecture.py").read_text("utf-8"), encoding="utf-8")

    subprocess.run([sys.executable, str(script)], check=True)

    drawn = (tmp_path / "architecture.svg").read_text("utf-8")
    assert drawn == (DOCS / "images" / "architecture.svg").read_text("utf-8")
