"""A file that makes a phase fail has the error; the others are judged as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_rewriter import project
from schema_rewriter.project.flow import build, names
from schema_rewriter.run.attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def put(root: Path, path: str, source: bytes) -> None:
    (root / path).write_bytes(source)


@pytest.mark.parametrize("bad", [(), (0,), (6,), (3,), (1, 2), tuple(range(7))])
def test_items_that_fail_are_left_out(bad: tuple[int, ...]) -> None:
    def do(items: Sequence[int]) -> list[int]:
        if found := set(items) & set(bad):
            raise IndexError(f"no {min(found)}")
        return list(items)

    result, errors = attempt(do, range(7), str)
    assert result == [item for item in range(7) if item not in bad]
    assert errors == {str(item): f"internal error: IndexError: no {item}; please report it" for item in bad}


def test_items_that_fail_together_lose_one_only() -> None:
    def do(items: Sequence[int]) -> list[int]:
        if {2, 5} <= set(items):
            raise ValueError("2 and 5")
        return list(items)

    result, errors = attempt(do, range(7), str)
    assert result == [0, 1, 2, 3, 4, 6]
    assert list(errors) == ["5"]


@pytest.mark.parametrize("phase", ["facts", "link", "trace"])
@pytest.mark.parametrize("command", ["--check", "inventory"])
def test_a_phase_that_fails_for_one_file_is_its_error(
    phase: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from schema_rewriter import cli

    for stem in ("a", "bad", "c"):
        put(tmp_path, f"{stem}.py", b'T = "events"\ndef f(cur):\n    cur.execute("select * from events")\n')
    put(tmp_path, "rules.toml", b'[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n')
    home, name = {"facts": (project, "facts"), "link": (build, "_add_values"), "trace": (names.Names, "_name")}[phase]
    real = getattr(home, name)

    def broken(*arguments: object) -> object:
        if "bad.py" in arguments:
            raise RuntimeError("a bug\nof ours")
        return real(*arguments)

    monkeypatch.setattr(home, name, broken)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["schema-rewrite", command, ".", "--rules", "rules.toml", "--no-cache"])
    assert cli.main() == 2
    said = "".join(capsys.readouterr())
    assert "bad.py" in said and "internal error: RuntimeError: a bug; please report it" in said
    assert "a.py" in said and "c.py" in said
    assert "Traceback" not in said
