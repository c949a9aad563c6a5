"""The readers: what they refuse, and that what is edited in a text is what is read again."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from helpers.cases import pairs
from helpers.paths import FIXTURES

from schema_rewriter import Span, hosts
from schema_rewriter.edit import apply

if TYPE_CHECKING:
    from helpers.cases import FileCase


def _notebook(code: str, language: str) -> bytes:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": [code],
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    metadata = {"kernelspec": {"language": language}}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


FILES = [case for case in pairs() if case.home.is_relative_to(FIXTURES / "files")]


@pytest.mark.parametrize(
    ("path", "source", "error"),
    [
        ("a.sql.j2", b"{% if x %}\nselect 1", "can't be read as a Jinja template: {% if %} without its end"),
        ("a.sql.j2", b"{% endif %}", "can't be read as a Jinja template: {% endif %} without its beginning"),
        ("a.sql.j2", b"{% raw %} {{", "can't be read as a Jinja template: {% raw %} without {% endraw %}"),
        ("a.sql.j2", b"select {{ x", "can't be read as a Jinja template: {{ without its end"),
        ("a.sql.j2", b"select \0", "not text in one of PostgreSQL's encodings (UTF-16?); convert it to UTF-8"),
        (
            "a.ipynb",
            b"{",
            "can't be parsed as JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("a.ipynb", b"[]", "no notebook of format 4; convert it with jupyter nbconvert"),
        ("a.ipynb", _notebook("def", "python"), "cell 1 can't be parsed as Python: line 1, column 4: invalid syntax"),
        ("a.ipynb", _notebook("x", "julia"), "a notebook of julia; only those of Python are read"),
        ("a.json", b'{"sql": }', "can't be parsed as JSON: Expecting value: line 1 column 9 (char 8)"),
        ("a.toml", b"a = ", "can't be parsed as TOML: Invalid value (at end of document)"),
        ("a.yaml", b"a: [", "can't be parsed as YAML: expected the node content, but found '<stream end>' (line 1)"),
        ("a.yml", b"\xff", "not UTF-8; convert it to UTF-8"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        (
            "a.sql.j2",
            b"{% if x %}" * 70 + b"x" + b"{% endif %}" * 70,
            "can't be read as a Jinja template: more than 64 ways through its branches; split the file",
        ),
    ],
)
def test_what_a_reader_refuses_is_told_in_one_line(path: str, source: bytes, error: str) -> None:
    """An error that says what is wrong, and no text."""
    assert _read(path, source) == hosts.Hosted(error=error)


@pytest.mark.parametrize("case", FILES, ids=lambda c: c.home.name)
def test_an_edit_of_a_text_is_read_again(case: FileCase) -> None:
    """decode(apply(file, edits)) == apply(decode(file), edits), at every word of every text where a name may stand.

    Not in comments, nor at the first word of a line: these may be what the file is cut by.
    """
    before = _read(case.path, case.before).texts
    tried = 0
    edited = [(index, embedded) for index, embedded in enumerate(before) if not embedded.told]
    for index, embedded in edited:
        text = embedded.text
        for at in range(1, len(text.text)):
            line = text.text[text.text.rfind("\n", 0, at) + 1 : at]
            if not (line[-1:].isspace() and line.strip() and text.text[at].isalpha()) or line.startswith("--"):
                continue
            edit = text.edit(Span(at, at), "zz.")
            if edit is None:
                continue
            again = _read(case.path, apply(case.before, [edit])).texts
            tried += 1
            assert len(again) == len(before)
            assert again[index].text.text == f"{text.text[:at]}zz.{text.text[at:]}"
    assert tried or not any(" " in embedded.text.text for _, embedded in edited)


def _read(path: str, source: bytes) -> hosts.Hosted:
    return hosts.opened(path, source).hosted


def test_yaml_without_its_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base install has no PyYAML; a YAML file that names what moves then says what to install."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert _read("a.yaml", b"sql: select 1").error == "YAML needs PyYAML; install schema-rewrite[yaml]"


def test_fixtures_are_there() -> None:
    """The fixtures that the law is tested on exist."""
    assert len(FILES) > 20
