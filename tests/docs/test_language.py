"""Plain English, kept so by counting: the limits below may only fall.

A docstring opens with a verb ("Return", "Convert") or a noun. Openings like "What ..." or "Whether ..." are correct and
slow to read; in code bases that are pleasant to read they are 0 to 5 % of all docstrings.
"""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, PROJECT, prose

ROOMS = ("hotjunction", "app", "drivers", "procedures", "simulators", "analysis")

SLOW = ("What", "Whether", "How", "Who", "Of", "As")
MAY_OPEN_SLOWLY = re.compile(rf"[\"']\s*(?:{'|'.join(SLOW)})\s")
"""In the text of every module with such a docstring: the others need not be parsed."""

MOST_SLOW = dict.fromkeys(ROOMS, 0)
"""Docstrings of each room that may open so: none."""

MOST_OF_PHRASE = {
    "nobody": 6,
    "so many": 0,
    "told": 8,
    "let go": 0,
    "that is on": 0,
    "no run is on": 0,
    "(is|are) asked for": 3,
    "puts? out": 0,
    "by itself": 3,
}
"""Largest number of each phrase in comments, strings, docstrings and pages."""


@cache
def sources(room: str) -> tuple[tuple[Path, str], ...]:
    return tuple((path, path.read_text("utf-8")) for path in sorted((PROJECT / room).rglob("*.py")))


@cache
def docstrings(room: str) -> list[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (
        node
        for _, text in sources(room)
        if MAY_OPEN_SLOWLY.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds)
    )
    return [text for node in nodes if (text := ast.get_docstring(node, clean=False))]


def slow_openings(room: str) -> int:
    return sum(text.split(maxsplit=1)[0] in SLOW for text in docstrings(room) if text.strip())


@cache
def words() -> str:
    """Return what readers and users read, where it may have a phrase: comments, strings (docstrings too), pages."""
    phrases = re.compile(rf"(?i)\b(?:{'|'.join(MOST_OF_PHRASE)})\b")
    text = [
        prose(path.read_text("utf-8"))
        for path in (*PAGES, PROJECT / "README.md", PROJECT / "CONTRIBUTING.md")
    ]
    kinds = (tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
    for room in ROOMS:
        for _, source in sources(room):
            if not phrases.search(re.sub(r"\s+", " ", source)):
                continue  # to cut it into tokens takes long
            text += [
                token.string
                for token in tokenize.generate_tokens(io.StringIO(source).readline)
                if token.type in kinds
            ]
    return re.sub(r"\s+", " ", "\n".join(text))


@pytest.mark.parametrize("room", ROOMS)
def test_few_docstrings_open_with_a_question_word(room):
    assert slow_openings(room) <= MOST_SLOW[room]


@pytest.mark.parametrize("phrase", MOST_OF_PHRASE)
def test_slow_phrases_become_fewer(phrase):
    assert len(re.findall(rf"(?i)\b{phrase}\b", words())) <= MOST_OF_PHRASE[phrase]
