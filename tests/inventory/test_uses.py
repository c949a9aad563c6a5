"""Which relations a file names, moved or not: what the rewriter finds is among them, and nothing else is made up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from helpers.cases import pairs, sql_cases, sql_files, tree_cases, trees

from schema_rewriter import Move, Relation, RuleSet, rewrite
from schema_rewriter.inventory.uses import Use, statements, uses
from schema_rewriter.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
RULES = RuleSet((Move(Relation("public", "users"), Relation("app", "users")),))


def _files() -> Iterator[tuple[str, bytes, RuleSet]]:
    for case in [*pairs(), *(case for tree in trees() for case in tree_cases(tree))]:
        yield case.path, case.before, case.rules
    of_sql = [case for file in sql_files() for case in sql_cases(file) if not case.only]
    for sql_case in of_sql[:: 1 if THOROUGH else 4]:
        yield "case.sql", sql_case.before.encode(), sql_case.rules


@pytest.mark.thorough
def test_what_the_rewriter_finds_is_used() -> None:
    """Each reference that the rewriter would qualify is a use with the same place and target; a name of it is known.

    With HYPOTHESIS_PROFILE=thorough of all cases of SQL, else of each fourth.
    """
    looked = 0
    for path, source, rules in _files():
        result = rewrite(path, source, rules)
        if result.error or not result.findings:
            continue
        found = {use.span: use.target for use in uses(read(path, source, rules)).found}
        for finding in result.findings:
            if finding.code in ("unqualified-relation", "old-schema") and finding.edits and finding.relation:
                at = source[finding.span.start : finding.span.stop]
                assert finding.span in found, f"{path}: {at!r} of {source!r}"
                if finding.relation and finding.relation.name in rules.names:  # others belong to a relation that moves
                    assert found[finding.span] == finding.target, f"{path}: {at!r} of {source!r}"
                looked += 1
    assert looked > 300


def _sql(text: str) -> list[str]:
    return [_shown(use) for use in uses(read("a.sql", text.encode(), RULES)).found]


def _shown(use: Use) -> str:
    target = f" => {use.target}" if use.target else ""
    return f"{use.operation} {use.relation}{target}" + ("" if use.confident else " ?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from users u join jobs on true", ["read public.users => app.users", "read public.jobs"]),
        ("with jobs as (select 1 from users) select * from jobs", ["read public.users => app.users"]),
        ("select * from pg_class c, information_schema.tables, pg_catalog.pg_type", []),
        ("create table a.b (c int, d mood)", ["define a.b", "name public.mood ?"]),
        ("create table b (e users)", ["define public.b", "name public.users => app.users ?"]),
        ("create view v as select 1 from t", ["define public.v", "read public.t"]),
        ("create unlogged table if not exists t as select 1", ["define public.t"]),
        ("create publication p for table t", ["name public.t"]),
        ("create index i on t (c); drop index i", ["name public.t", "drop public.i"]),
        ("drop table if exists t, s.u", ["drop public.t", "drop s.u"]),
        ("truncate t, u; copy t from stdin", ["write public.t", "write public.u", "write public.t"]),
        ("copy t to stdout", ["read public.t"]),
        ("insert into t select * from u on conflict do nothing", ["write public.t", "read public.u"]),
        ("delete from only t using u", ["write public.t", "read public.u"]),
        ("update t set a = (select 1 from u)", ["write public.t", "read public.u"]),
        ("alter table t add foreign key (a) references u (b)", ["name public.t", "name public.u"]),
        ("create temp table x (a int); select * from x", []),
        ("set search_path to app; select * from users; select * from jobs", ["read app.users", "read app.jobs"]),
        ("select * from app.users", ["read app.users"]),
        ("select 'jobs'::regclass, nextval('s')", ["name public.jobs", "name public.s"]),
        ("create function f() returns void language sql as $$ insert into t select 1 from users $$",
         ["write public.t", "read public.users => app.users"]),
    ],
)  # fmt: skip
def test_sql(text: str, expected: list[str]) -> None:
    assert _sql(text) == expected


PYTHON = b'''
import psycopg

def work(db, name, mode):
    """Select the jobs from users."""
    db.execute("SELECT 1 FROM users")
    db.execute(f"""DELETE FROM jobs WHERE a = {mode}""")
    db.execute("UPDATE " "runs SET a = 1")
    db.execute("SELECT 1 FROM logs " + mode)
    db.execute("SELECT a FROM {} JOIN logs USING (b)".format(name))
    db.execute("DROP TABLE %s" % name)
    for table in ["users", "app.users"]:
        db.execute(f"TRUNCATE {table}")
    db.execute("CREATE TEMP TABLE scratch (a int)")
    db.execute("SELECT a FROM scratch")
    print("select the best from many")
'''


def test_python() -> None:
    found = uses(read("a.py", PYTHON, RULES))
    assert found.error is None
    assert [(_shown(use), use.idiom, use.within) for use in found.found] == [
        ("read public.users => app.users", "literal", "db.execute"),
        ("write public.jobs", "f-string", "db.execute"),
        ("write public.runs", "adjacent literals", "db.execute"),
        ("read public.logs", "literal", "db.execute"),
        ('read "" ?', "str.format", "db.execute"),
        ("read public.logs", "str.format", "db.execute"),
        ('drop "" ?', "% operator", "db.execute"),
        ("name public.users => app.users", "name in code", ""),
        ('write "" ?', "f-string", "db.execute"),
        ("read public.scratch ?", "literal", "db.execute"),
    ]
    assert [use.dynamic for use in found.found].count(True) == 3


SCRIPT = b"select 1;\n\\echo x\ncopy t from stdin;\n1\n\\.\nselect 2"


def test_statements() -> None:
    """Each statement with its text, the places of its holes and of itself."""
    source = b'db.execute(f"SELECT 1 FROM jobs WHERE a = {x}; UPDATE t SET b = {y}")\nlog("a word")\n'
    found = statements(read("a.py", source, RULES))
    assert [statement.text for statement in found] == ["SELECT 1 FROM jobs WHERE a = {x}", "UPDATE t SET b = {y}"]
    for statement in found:
        assert source[statement.span.start : statement.span.stop] == statement.text.encode()
        (hole,) = statement.holes
        assert statement.text[hole.span.start : hole.span.stop] == "{" + hole.expression + "}"
    assert statements(read("a.sql", SCRIPT, RULES))[2].text == "select 2"


def test_a_file_that_cannot_be_read_has_an_error() -> None:
    assert uses(read("a.py", b"def (", RULES)).error
    assert uses(read("a.txt", b"", RULES)).error


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('\ufeffclass User(Base): __tablename__ = "users"\n'.encode(), id="a byte order mark"),
        pytest.param(
            '# coding: latin-1\nclass User(Base): title = "é"; __tablename__ = "users"\n'.encode("latin-1"),
            id="a byte for a letter that is two in UTF-8",
        ),
    ],
)
def test_the_place_of_a_models_name_is_in_bytes_of_the_file(source: bytes) -> None:
    """Python's parser counts columns in UTF-8 and knows no byte order mark; the use of the model's name does."""
    found = uses(read("models.py", source, RULES)).found
    assert {source[use.span.start : use.span.stop].strip(b'"') for use in found} == {b"users"}
