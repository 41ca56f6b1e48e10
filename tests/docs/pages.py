"""Pages of the documentation, cut into their code blocks."""

import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "generated" not in path.parts)

FENCE = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, *languages: str, small: dict[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """Give language and text of a page's code blocks of some languages, in order.

    ``small`` replaces what makes a lesson long by what suits a test; each key must be on the page.
    """
    text = (DOCS / page).read_text("utf-8")
    for long, short in (small or {}).items():
        assert long in text, f"{page} no longer says {long!r}"
        text = text.replace(long, short)
    for indent, language, content in FENCE.findall(text):
        if language in languages:
            yield language, re.sub(f"^{indent}", "", content, flags=re.MULTILINE)


def definition(page: str, number: int = 0) -> str:
    """Give the nth Python block of a guide that defines something."""
    defining = [text for _, text in blocks(page, "python") if "\nclass " in text or "\ndef " in text]
    return defining[number]


def prose(text: str) -> str:
    """Blank out code blocks and generated tables; line numbers stay."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    text = FENCE.sub(blank, text)
    return re.sub(r"<!-- table \w+ -->.*?<!-- end \w+ -->", blank, text, flags=re.DOTALL)
