"""Other languages: which files are theirs, and that nothing about a text takes long or fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter import hosts, parse_rules, rewrite
from schema_rewriter.cli import config
from schema_rewriter.hosts.code import lexer

RULES = parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n', "rules.toml")
NAMES = [row["name"] for row in lexer.table()["language"]]
SIGNS = [
    *("events", "SELECT * FROM ", '"', "'", "`", "${", "#{", "}", "{", "(", ")", "\\", "/", "//", "/*", "*/", "\n"),
    *("<<~SQL", "<<<SQL", "SQL", "%q(", '"""', '@"', '$"', 'r#"', "<?php", "?>", "+", " ", "=", "#", "é"),
]


def test_a_directory_is_searched_for_every_language() -> None:
    """Each suffix of the table is a glob of the settings, and each glob finds files that are read."""
    assert {f"*.{suffix}" for suffix in lexer.by_suffix()} <= set(config.OTHER_FILES)
    for glob in config.OTHER_FILES:
        path = glob.replace("**", "x").replace("y*ml", "yaml").replace("*", "x" if "*." in glob else "")
        assert hosts.kind(path).reader in ("code", "script", "make", "document", "settings"), path


@pytest.mark.parametrize("name", NAMES)
def test_the_signs_that_begin_something_begin_it(name: str) -> None:
    """What a language's short search passes over begins nothing that its long search finds."""
    spoken = lexer.language(name)
    for text in ("x = " + "".join(way) for way in zip(SIGNS, SIGNS[1:], SIGNS[2:], strict=False)):
        for seen in spoken.code.finditer(text):
            assert spoken.begins is None or spoken.begins.match(text, seen.start()), (text, seen)


@given(st.sampled_from(sorted(lexer.by_suffix())), st.lists(st.sampled_from(SIGNS), max_size=60))
def test_any_text_is_read_and_stays(suffix: str, signs: list[str]) -> None:
    """No text fails, no text is edited, and what is told stands at the name."""
    source = "".join(signs).encode()
    result = rewrite(f"a.{suffix}", source, RULES)
    assert result.error is None and result.after == source
    for finding in result.findings:
        if finding.code == "other-file":
            assert source[finding.span.start : finding.span.stop] in (b"events", b'"events"', b'\\"events\\"')


def test_a_bundle_is_not_read() -> None:
    """One long line is nobody's code."""
    bundle = b'f("SELECT * FROM events");' * 2_000
    assert hosts.opened("app.js", bundle).hosted.texts == ()
    assert len(hosts.opened("app.js", bundle.replace(b";", b";\n")).hosted.texts) == 2_000


def test_what_is_no_text_is_passed_over() -> None:
    """Binary content, and content in another encoding, are no error."""
    assert hosts.opened("a.go", b'"SELECT * FROM events"\0').hosted == hosts.Hosted()
    assert len(hosts.opened("a.go", b'"SELECT * FROM events \xe9"').hosted.texts) == 1
