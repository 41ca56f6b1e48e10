"""The guide's part of a report, in a folder of its own, is on the page that the command writes."""

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.report.parts import PARTS
from tests.docs.pages import blocks
from tests.support.plugins import plugins
from tests.support.recordings.made_recordings import made_iv


@pytest.fixture
def recording(tmp_path):
    made_iv(tmp_path / "iv.h5", np.random.default_rng(1))
    return tmp_path / "iv.h5"


def written(recording):
    out = recording.with_suffix(".html")
    done = CliRunner().invoke(main, ["report", str(recording), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out.read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_the_section_and_its_number_are_on_the_page_after_the_others(recording):
    text = next(text for _, text in blocks("how-to/add-a-report-section.md", "python"))
    with plugins(recording.parent / "mine", {"gaps_part.py": text}, PARTS):
        page = written(recording)

    assert "gaps in the data" in page
    assert page.index("Current and voltage") < page.index(">Gaps<")
    assert "gaps in the data" not in written(recording)
