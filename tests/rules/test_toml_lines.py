"""The lines of a TOML text that messages name."""

from __future__ import annotations

import pytest

from schema_rewriter.rules.toml_lines import line_of, placed

TEXT = """\
search_path = ["public"]

[[move]]
from = "public"
"to" = "app"
tables = [
    "users",
]

[[ move ]]  # the second
to = "x"

[grants."The Role"]
app = "owner"

[[boundary]]
paths = ["a"]
[[boundary.allow]]
owner = "x"
[[boundary]]
[[boundary.allow]]
until = 2026-01-01

[tool.schema-rewrite]
per-file-ignores.'a b' = []
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("search_path", 1),
        ("move", None),
        ("move[1]", 3),
        ("move[1].to", 5),
        ("move[1].tables[1]", 6),
        ("move[2].to", 11),
        ("move[2].from", 10),
        ("grants.The Role.app", 14),
        ("boundary[1].allow[1].owner", 19),
        ("tool.schema-rewrite.jobs", 24),
        ("nothing", None),
    ],
)
def test_the_line_of_a_key(key: str, line: int | None) -> None:
    assert line_of(TEXT, key) == line


def test_the_line_stands_behind_the_file() -> None:
    assert placed("r.toml: move[2].from: missing; write it", TEXT) == "r.toml:10: move[2].from: missing; write it"
    for message in ("r.toml: not TOML: x", "r.toml: move: missing; a rule set needs one", "no file"):
        assert placed(message, TEXT) == message
