"""run/links.py: SQL that Python code reads from files, those of the run and those that the run leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_rewriter import Finding, Move, Relation, Report, RuleSet
from schema_rewriter.cli.config import INCLUDE
from schema_rewriter.hosts.python import paths
from schema_rewriter.hosts.python.syntax import Syntax
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from pathlib import Path

RULES = RuleSet((Move(Relation("public", "events"), Relation("app", "events")),))
SQL = b"SELECT id FROM events;\n"


def report(root: Path, files: dict[str, str | bytes], *, exclude: tuple[str, ...] = ()) -> Report:
    """The report of a run over a tree of these files."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return run(Task(root, RULES), ["."], include=INCLUDE, exclude=exclude, jobs=1)


def links(found: Report) -> list[tuple[str, Finding]]:
    codes = ("linked-file", "unread-file")
    return [(result.path, each) for result in found.results for each in result.findings if each.code in codes]


READS = {
    "a name": ("app/db.py", 'run(open("app/q/x.sql").read())', "app/q/x.sql"),
    "beside the file": ("app/db.py", 'Q = Path(__file__).parent / "q" / "x.sql"', "app/q/x.sql"),
    "with_name": ("app/q/db.py", 'Path(__file__).with_name("x.sql").read_text()', "app/q/x.sql"),
    "parents": ("a/b/db.py", 'Path(__file__).resolve().parents[2] / "x.sql"', "x.sql"),
    "dirname": (
        "app/db.py",
        'open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "q", "x.sql"))',
        "app/q/x.sql",
    ),
    "dots": ("app/db.py", 'open(os.path.join(os.path.dirname(__file__), "..", "x.sql"))', "x.sql"),
    "a constant": (
        "app/db.py",
        'HERE = Path(__file__).parent\nQ = HERE / "q"\n(Q / "x.sql").read_text()',
        "app/q/x.sql",
    ),
    "an attribute": (
        "app/db.py",
        'class A:\n    d = "q"\n    def r(self):\n        open(self.d + "/x.sql")',
        "app/q/x.sql",
    ),
    "an f-string": ("app/db.py", 'N = "x"\nopen(f"q/{N}.sql")', "app/q/x.sql"),
    "resources": ("db.py", 'resources.files("app.q").joinpath("x.sql").read_text()', "app/q/x.sql"),
    "resources in src": ("src/app/db.py", 'resources.files("app") / "q" / "x.sql"', "src/app/q/x.sql"),
    "resources of a module": ("app/db.py", 'resources.files(app).joinpath("q/x.sql")', "app/q/x.sql"),
    "pkgutil": ("app/db.py", 'pkgutil.get_data("app", "q/x.sql")', "app/q/x.sql"),
    "pkgutil of this package": ("app/db.py", 'pkgutil.get_data(__name__, "q/x.sql")', "app/q/x.sql"),
    "a helper": ("app/db.py", 'load("x.sql")', "app/q/x.sql"),
    "another suffix": ("app/db.py", 'db.execute(open("q/x.txt").read())', "app/q/x.txt"),
    "a template": ("app/db.py", 'env.get_template("x.sql.j2")', "app/templates/x.sql.j2"),
}


@pytest.mark.parametrize("name", READS)
def test_a_file_that_the_run_leaves_out_is_told_where_it_is_read(name: str, tmp_path: Path) -> None:
    """Whatever way the code spells the path; and the file stays as it is."""
    path, code, read = READS[name]
    found = report(tmp_path, {path: f"# nothing\n{code}\n", read: SQL, ".gitignore": f"/{read}\n"})
    ((where, finding),) = links(found)
    assert where == path
    assert finding.code == "unread-file"
    assert finding.message == f"reads {read}, which names events"
    assert finding.span.start > 0
    assert found.exit_code() == 1


def test_a_file_of_the_run_is_told_as_a_note(tmp_path: Path) -> None:
    """The link from the code to what is found in the file; not when nothing is left to do there."""
    code = 'def load():\n    return open("q/x.sql").read()\n'
    found = report(tmp_path, {"app/db.py": code, "app/q/x.sql": SQL})
    ((where, finding),) = links(found)
    assert (where, finding.code, finding.is_note) == ("app/db.py", "linked-file", True)
    assert finding.message == "reads app/q/x.sql, which has 1 finding"
    assert [result.path for result in found.results] == ["app/db.py", "app/q/x.sql"]
    (tmp_path / "app/q/x.sql").write_bytes(SQL.replace(b"events", b"app.events"))
    assert links(report(tmp_path, {})) == []


def test_code_with_findings_of_its_own_keeps_them(tmp_path: Path) -> None:
    """The link stands among the findings of the code, in order."""
    code = (
        'cur.execute("SELECT 1 FROM events")\ncur.execute(open("x.sql").read())\ncur.execute("SELECT 2 FROM events")\n'
    )
    found = report(tmp_path, {"db.py": code, "x.sql": SQL}, exclude=("x.sql",))
    (result,) = found.results
    assert [finding.code for finding in result.findings] == [
        "unqualified-relation",
        "unread-file",
        "unqualified-relation",
    ]
    assert result.after.count(b"app.events") == 2


def test_a_comment_sets_it_aside_and_counts_as_used(tmp_path: Path) -> None:
    """As for any other finding."""
    code = "import a\nopen('x.sql')  # schema-rewrite: ignore[unread-file] made by a tool\n"
    found = report(tmp_path, {"db.py": code, "x.sql": SQL}, exclude=("x.sql",))
    assert [finding for result in found.results for finding in result.findings] == []
    assert found.suppressed == 1


@pytest.mark.parametrize(
    "code",
    [
        'NAME = "q/x.txt"  # read by nobody',
        'open("q/other.sql")',
        'print("see x.sqlite")',
        'open(directory / "y.sql")',
        'open("../../../../x.sql")',
        '"q/" + unknown + ".sql"',
    ],
)
def test_what_is_no_path_of_such_a_file_tells_nothing(code: str, tmp_path: Path) -> None:
    """Paths that lead nowhere or out of the root, and names of files that nobody reads."""
    files: dict[str, str | bytes] = {"app/db.py": code, "app/q/x.txt": SQL, "app/q/other.sql": b"SELECT 1 FROM jobs"}
    assert links(report(tmp_path, files)) == []


def test_prose_in_a_text_file_tells_nothing(tmp_path: Path) -> None:
    """A text file that says the word, and holds no SQL."""
    assert links(report(tmp_path, {"db.py": 'open("notes.txt").read()', "notes.txt": b"all events, from A to Z"})) == []


def test_names_that_are_bound_to_each_other_end() -> None:
    """Of a path that is defined by itself only the end is known."""
    found = paths.links("a.py", Syntax(b'a = b / "x.sql"\nb = a / "y.sql"\nopen(a)'))
    assert sorted(link.path for link in found) == ["x.sql", "y.sql"]
