"""What `schema-rewrite inventory` and `init` print of fixtures/inventory/project, whole, in every shape."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from helpers import command
from helpers.paths import FIXTURES
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from schema_rewriter.errors import ConfigError
from schema_rewriter.inventory.join import Inventory
from schema_rewriter.inventory.matrix import Cell, Matrix, Row
from schema_rewriter.inventory.proposal import propose
from schema_rewriter.reports.matrix import table
from schema_rewriter.rules import parse_rules

if TYPE_CHECKING:
    from pathlib import Path

HOME = FIXTURES / "inventory"
PROJECT = HOME / "project"


def sr(*arguments: str, cwd: Path = PROJECT) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `schema-rewrite`; the broken file is not read."""
    return command.sr(cwd, *arguments)


SHAPES = {
    "table.txt": ["inventory", "--rules", "rules.toml", "shop", "tests"],
    "summary.txt": ["inventory", "--summary", "shop", "tests"],
    "customers.txt": ["inventory", "--relation", "customers", "shop"],
    "uses.csv": ["inventory", "--rules", "rules.toml", "--format", "csv", "shop", "tests"],
    "inventory.md": ["inventory", "--format", "markdown", "shop", "tests"],
    "inventory.json": ["inventory", "--rules", "rules.toml", "--format", "json", "shop", "tests"],
    "matrix.txt": ["inventory", "--matrix", "--rules", "rules.toml", "--rules", "boundaries.toml", "shop", "tests"],
    "matrix_flat.txt": ["inventory", "--matrix", "--depth", "1", "shop", "tests"],
    "matrix.csv": [
        "inventory",
        "--matrix",
        "--rules",
        "rules.toml",
        "--rules",
        "boundaries.toml",
        "--format",
        "csv",
        ".",
    ],
    "matrix.md": [
        "inventory",
        "--matrix",
        "--rules",
        "rules.toml",
        "--rules",
        "boundaries.toml",
        "--format",
        "markdown",
        ".",
    ],
    "matrix.json": [
        "inventory",
        "--matrix",
        "--rules",
        "rules.toml",
        "--rules",
        "boundaries.toml",
        "--format",
        "json",
        ".",
    ],
    "proposal.toml": ["init", "-o", "-", "shop", "tests"],
    "one_schema.toml": ["init", "-o", "-", "--to", "sales", "--depth", "1", "shop", "tests"],
}


@pytest.mark.parametrize("name", SHAPES)
def test_output(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """`pytest --update` writes what is printed; then read `git diff`."""
    (tmp_path / "pyproject.toml").write_text("[tool.schema-rewrite]\n")  # the root
    for path in PROJECT.rglob("*"):
        if path.is_file():
            (tmp_path / path.relative_to(PROJECT)).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path.relative_to(PROJECT)).write_bytes(path.read_bytes())
    code, shown, _ = sr(*SHAPES[name], cwd=tmp_path)
    assert code == 2, "a file can't be read"
    if request.config.getoption("--update"):
        (HOME / name).write_bytes(shown.encode())
    assert shown == (HOME / name).read_bytes().decode()


def test_json_is_as_its_schema_says() -> None:
    schema = json.loads(resources.files("schema_rewriter").joinpath("inventory.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    document = json.loads((HOME / "inventory.json").read_text())
    Draft202012Validator(schema).validate(document)
    rows = list(csv.DictReader(io.StringIO((HOME / "uses.csv").read_text())))
    assert len(rows) == len(document["uses"]) + len(document["dynamic"])
    assert [int(row["line"]) for row in rows] == [use["line"] for use in document["uses"] + document["dynamic"]]


def test_the_matrix_is_as_its_schema_says_and_counts_what_the_check_finds(tmp_path: Path) -> None:
    schema = json.loads(resources.files("schema_rewriter").joinpath("matrix.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    document = json.loads((HOME / "matrix.json").read_text())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    cells = [cell for row in document["packages"] for cell in row["schemas"].values()]
    assert sum(sum(cell["crossed"].values()) for cell in cells) == len(document["crossings"]) > 0
    rows = list(csv.DictReader(io.StringIO((HOME / "matrix.csv").read_text())))
    assert sum(int(row["crossed"]) for row in rows) == len(document["crossings"])
    (tmp_path / "pyproject.toml").write_text('[tool.schema-rewrite]\nrules = ["rules.toml", "boundaries.toml"]\n')
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    checked = json.loads(sr("--select", "boundary", "--output-format", "json", cwd=tmp_path)[1])
    assert [(r["path"], f["start"]["line"], f["reason"]) for r in checked["results"] for f in r["findings"]] == [
        (one["path"], one["line"], one["reason"]) for one in document["crossings"]
    ]


def test_a_matrix_that_is_too_wide_goes_below_itself() -> None:
    found = Matrix(("app", "b" * 30), (Row("src/a", {"app": Cell({"read": 1}), "b" * 30: Cell({"write": 22})}, 3),))
    assert table(found, 40).splitlines()[:4] == ["src/a", "  app" + " " * 29 + "R1", f"  {'b' * 30}  W22", "  ?  3"]
    assert table(found, 60).splitlines()[1] == "src/a    R1   W22" + " " * 29 + "3"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--matrix", "--summary"], "--summary and --matrix exclude each other; give one of them"),
        (["--depth", "2"], "--depth is about the packages of --matrix; give both"),
    ],
)
def test_options_that_contradict_each_other(more: list[str], message: str, tmp_path: Path) -> None:
    assert sr("inventory", *more, cwd=tmp_path) == (2, "", f"schema-rewrite: error: {message}\n")


@pytest.mark.parametrize("name", [name for name in SHAPES if name.endswith(".toml")])
def test_a_proposal_is_a_rule_set(name: str) -> None:
    rules = parse_rules((HOME / name).read_text(), name)
    assert rules.moves


def test_many_processes_show_the_same(tmp_path: Path) -> None:
    """Enough files for a pool; the order is that of the relations."""
    (tmp_path / "pyproject.toml").write_text("[tool.schema-rewrite]\n")
    for number in range(30):
        padding = "#" * 10_000
        (tmp_path / f"q{number:02}.py").write_text(f'{padding}\ndb.execute("SELECT 1 FROM t{number % 3}")\n')
    shapes = {sr("inventory", "--format", "json", "--jobs", jobs, cwd=tmp_path) for jobs in ("1", "2")}
    ((code, shown, _),) = shapes
    assert code == 0
    assert [use["relation"] for use in json.loads(shown)["uses"]] == [
        f"public.t{n}" for n in range(3) for _ in range(10)
    ]


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.schema-rewrite]\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.sql").write_text("select * from t;")
    assert sr("init", cwd=tmp_path) == (
        0,
        "",
        "rules.toml: 1 relation; edit it, then: schema-rewrite --rules rules.toml\n",
    )
    before = (tmp_path / "rules.toml").read_text()
    code, _, error = sr("init", cwd=tmp_path)
    assert (code, error) == (2, "schema-rewrite: error: rules.toml: exists; name another file with -o, or - to print\n")
    assert (tmp_path / "rules.toml").read_text() == before
    assert sr("--rules", "rules.toml", cwd=tmp_path)[0] == 1
    (tmp_path / "b.sql").write_text("select * from t;")
    code, shown, error = sr("init", "-o", "-", cwd=tmp_path)
    assert (code, shown) == (2, "")
    assert "touched by several packages (public.t: . (read); app (read))" in error


def test_what_only_defines_owns_nothing(tmp_path: Path) -> None:
    """A schema's file names all tables; theirs are those who read and write."""
    (tmp_path / "pyproject.toml").write_text("[tool.schema-rewrite]\n")
    (tmp_path / "schema.sql").write_text("create table a (x int);\ncreate table b (x int);\n")
    for package, name in (("one", "a"), ("two", "b")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "q.sql").write_text(f"select * from {name};\n")
    code, shown, error = sr("init", "-o", "-", cwd=tmp_path)
    assert (code, error) == (0, "")
    moves = parse_rules(shown, "proposal").moves
    assert [f"{move.relation} {move.to}" for move in moves] == ["public.a one.a", "public.b two.b"]


def test_nothing_to_propose() -> None:
    with pytest.raises(ConfigError, match="no SQL below these paths"):
        propose(Inventory())


def test_a_narrow_terminal_shows_whole_places(tmp_path: Path) -> None:
    """What does not fit is the call, never the place."""
    pty = pytest.importorskip("pty", reason="no terminals here")
    path = tmp_path / "a_directory_with_a_long_name" / "another_one.py"
    path.parent.mkdir()
    path.write_text('a_connection.with_a_long_name.execute("SELECT 1 FROM jobs")\n')
    parent, child = pty.openpty()
    env = {**os.environ, "COLUMNS": "80"}
    process = subprocess.Popen([*command.COMMAND, "inventory", "."], cwd=tmp_path, stdout=child, stderr=child, env=env)
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.wait() == 0
    assert b"another_one.py:1:54  read  literal\r\n" in shown


def test_a_name_that_another_file_holds_is_known_with_rules(tmp_path: Path) -> None:
    """As a run that judges knows it: the file that only holds the name is asked, too."""
    (tmp_path / "names.py").write_text('EVENTS = "events"\n')
    (tmp_path / "use.py").write_text(
        'import names\n\n\ndef f(cur):\n    cur.execute(f"SELECT 1 FROM {names.EVENTS}")\n'
    )
    (tmp_path / "rules.toml").write_text('[[move]]\nfrom = "public"\nto = "app"\ntables = ["events"]\n')
    code, out, _ = sr("inventory", "--rules", "rules.toml", "--format", "csv", cwd=tmp_path)
    assert code == 0
    assert [line.split(",")[0:3] for line in out.splitlines()[1:]] == [
        ["public.events", "app.events", "names.py"],
        ["public.events", "app.events", "use.py"],
    ], out


def test_models_of_django_are_tables_by_their_implicit_names(tmp_path: Path) -> None:
    """Without a word in any file, from the label of the application, base classes and migrations; moved or not."""
    shutil.copytree(FIXTURES / "projects/django_path/before", tmp_path, dirs_exist_ok=True)
    _, out, _ = sr("inventory", "--format", "csv", ".", cwd=tmp_path)
    uses = {
        (row["relation"], row["path"]) for row in csv.DictReader(io.StringIO(out)) if row["idiom"] == "Django model"
    }
    assert uses == {
        ("public.line_items", "shop/models.py"),
        ("public.people_person", "people/models/person.py"),
        ("public.people_person_groups", "people/models/person.py"),
        ("public.people_person_user_permissions", "people/models/person.py"),
        ("public.store_order", "shop/models.py"),
        ("public.store_order_tags", "shop/models.py"),
        ("public.store_tag", "shop/models.py"),
    }
