"""The laws that hold of rewriting any file whatever, and SQL whose references are known by construction."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import warnings
from functools import cache
from pathlib import Path

import pytest
from helpers.cases import check, found, pairs, rules_for, sql_cases, sql_files, tree_cases, trees
from helpers.paths import FIXTURES
from helpers.spellings import as_sql
from helpers.strategies import RULES, Sql, after, before, examples, python_files, sql_texts
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter import FileResult, RuleSet, rewrite
from schema_rewriter.edit import apply
from schema_rewriter.rules import parse_rules

ELSEWHERE = parse_rules(RULES.replace("users", "zqx_1").replace("events", "zqx_2").replace("jobs", "zqx_3")
                  .replace("Order Items", "Zqx 4").replace("größe", "zqx_5"), "elsewhere")  # fmt: skip
"""Rules for relations that nothing names."""
MOVES = parse_rules(RULES, "moves")
QUOTED = parse_rules(RULES.replace('"app"', "'\"My App\"'"), "quoted")


@cache
def _files() -> tuple[tuple[str, bytes, RuleSet], ...]:
    """The fixtures: path, bytes, rules; of the SQL cases one file for each case file."""
    files = [(case.path, case.before, case.rules) for tree in trees() for case in tree_cases(tree)]
    files += [(case.path, case.before, case.rules) for case in pairs()]
    for file in sql_files():
        whole = b";\n".join(as_sql(case)[0] for case in sql_cases(file))
        files.append((f"{file.stem}.sql", whole, rules_for(file)))
    return tuple(entry for entry in files if len(entry[1]) < 12_000)


def _tokens(source: bytes) -> list[tuple[int, str]]:
    """The tokens of a Python file other than strings."""
    read = io.BytesIO(re.sub(rb"\r\n?", b"\n", source)).readline  # Python reads all three, its tokenizer one
    skipped = (tokenize.STRING, *(getattr(tokenize, f"{kind}STRING_MIDDLE", -1) for kind in ("F", "T")))
    return [(token.type, token.string) for token in tokenize.tokenize(read) if token.type not in skipped]


def _is_python(source: bytes) -> bool:
    """Whether the Python that runs this can parse it; a fixture may be of a newer one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True


def _gives_schema(new: bytes) -> bool:
    """Whether an edit writes what gives a model or a call its schema, and no other words of code."""
    words = re.findall(rb"[A-Za-z_]\w*", re.sub(rb"'[^'\n]*'|\"[^\"\n]*\"", b"", new))
    keys = re.search(rb"""["']schema["']\s*:|\b(?:schema|schema_name)\s*=""", new)
    return keys is not None and set(words) <= _SCHEMA_WORDS


_SCHEMA_WORDS = {b"schema", b"schema_name", b"__table_args__", b"class", b"Meta", b"dict"}


def _assert_only_strings_differ(result: FileResult) -> None:
    """Every token of a Python file but the strings is the same before and after.

    A string put before another one is an argument of its own (psycopg's Identifier): its comma comes with it. What
    gives a model or a call its schema is code of known words: without it, the tokens are the same.
    """
    edits = [edit for finding in result.applied for edit in finding.edits]
    parts = [edit for edit in edits if _gives_schema(edit.new)]
    after_all = apply(result.before, [edit for edit in edits if edit not in parts]) if parts else result.after
    arguments = sum(edit.new.endswith((b'", ', b"', ")) for edit in edits if edit not in parts)
    before, after = _tokens(result.before), _tokens(after_all)
    assert after.count((tokenize.OP, ",")) == before.count((tokenize.OP, ",")) + arguments
    if arguments:
        before, after = ([token for token in each if token != (tokenize.OP, ",")] for each in (before, after))
    assert before == after


def _lawful(path: str, source: bytes, rules: RuleSet) -> FileResult:
    """The result of rewriting, after checking all that must hold of any result."""
    result = rewrite(path, source, rules)
    if result.error is not None:
        assert result.after == source
        assert result.error.splitlines() == [result.error]
        assert not result.applied
        return result
    check(path, source, result.after, found(result), rules)
    if result.changed and path.endswith(".py") and _is_python(source):
        _assert_only_strings_differ(result)
    return result


# -- SQL whose references are known


@examples(3)
@given(sql_texts())
def test_a_sql_file_gets_exactly_the_edits_that_it_needs(sql: Sql) -> None:
    """Every reference of a generated script is qualified, and nothing else is touched."""
    check("made.sql", before(sql).encode(), after(sql).encode(), (), MOVES, note=before(sql))


@examples(2.5)
@given(st.data())
def test_a_python_file_gets_exactly_the_edits_that_it_needs(data: st.DataObject) -> None:
    """Every reference of a generated text is qualified in place, however its literals spell it."""
    sql = data.draw(sql_texts())
    old, new = data.draw(python_files(sql))
    check("made.py", old, new, (), MOVES, note=before(sql))


@examples(1)
@given(st.data())
def test_a_schema_that_needs_quotes_is_escaped_where_it_is_written(data: st.DataObject) -> None:
    """The same for a target in double quotes, in literals of every quote."""
    sql = data.draw(sql_texts('"My App"'))
    old, new = data.draw(python_files(sql))
    check("made.py", old, new, (), QUOTED, note=before(sql))


@examples(2)
@given(st.data())
def test_rules_of_other_names_change_nothing(data: st.DataObject) -> None:
    """Rules whose names do not occur have no effect, and nothing is found."""
    sql = data.draw(sql_texts())
    old, _ = data.draw(python_files(sql))
    for path, source in (("made.py", old), ("made.sql", before(sql).encode())):
        result = rewrite(path, source, ELSEWHERE)
        assert (result.after, result.findings, result.error) == (source, (), None)


# -- any input

WORDS = st.lists(
    st.sampled_from(
        """select from users events jobs insert into update set delete with as ( ) , ; . ' " \\ $$ $1 %s {x} { } -- /*
        */ \n \t = * public app "users" public.users f' r" b''' \"\"\" execute( cursor.execute( ) + % .format( \ufeff é
        def x(): return if else: \\N{ \\x u&" e' :x :: [1] create table drop alter copy stdin \\. do $f$ search_path to
        begin atomic end function language sql union values only lateral join on using returning""".split(" ")
    ),
    max_size=30,
).map(" ".join)
BYTES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    WORDS.map(str.encode),
    WORDS.map(lambda text: text.replace(" ", "").encode("latin-1", "replace")),
    WORDS.map(lambda text: b"{% if x %}" + text.encode() + b"{% endif %} from events {{ users }}"),
    WORDS.map(lambda text: json.dumps({"sql": f"select 1 from users {text}"}).encode()),
    WORDS.map(lambda text: b"sql: >\n  select 1 from users\n  " + text.replace("\n", "").encode()),
    WORDS.map(lambda text: b'sql = """select 1 from users ' + text.replace('"', "").encode() + b'"""\n'),
    WORDS.map(lambda text: b"cursor.execute('''" + text.encode() + b"''')\n"),
    WORDS.map(lambda text: b'cursor.execute(f"""' + text.encode() + b'""")\n'),
)


@examples(12)
@given(BYTES, st.sampled_from(("a.py", "a.sql", "a.pyi", "a.sql.j2", "a.sql.sqlite", "a.yaml", "a.toml", "a.json")))
def test_any_bytes_have_a_lawful_result(source: bytes, path: str) -> None:
    """Whatever the bytes are: no exception, and the laws hold of what comes out."""
    _lawful(path, source, MOVES)


@examples(2)
@given(BYTES, st.sampled_from(("a.py", "a.sql")))
def test_any_bytes_stay_under_rules_of_other_names(source: bytes, path: str) -> None:
    """Whatever the bytes are, rules of names that do not occur never edit."""
    assert rewrite(path, source, ELSEWHERE).after == source


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[str, bytes, RuleSet]:
    """A fixture with some stretches left out, doubled, swapped or overwritten."""
    path, source, rules = draw(st.sampled_from(_files()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(source)))
        stop = min(len(source), start + draw(st.integers(0, 40)))
        way = draw(st.sampled_from(("drop", "double", "overwrite", "cut", "flip")))
        middle = {
            "drop": b"",
            "double": source[start:stop] * 2,
            "overwrite": draw(st.one_of(st.binary(max_size=6), WORDS.map(str.encode))),
            "cut": b"",
            "flip": bytes(byte ^ 1 << draw(st.integers(0, 6)) for byte in source[start : start + 2]),
        }[way]
        source = source[:start] + middle + (b"" if way == "cut" else source[start + 2 if way == "flip" else stop :])
    return path, source, rules


@examples(3)
@given(_mutated())
def test_a_broken_fixture_has_a_lawful_result(case: tuple[str, bytes, RuleSet]) -> None:
    """A file of SQL and code that was damaged: no exception, and the laws hold of what comes out."""
    _lawful(*case)


@pytest.mark.parametrize("path", [path for path, _, _ in _files() if path.endswith(".py")] or ["none"])
def test_edits_stand_in_string_literals_only(path: str) -> None:
    """Of a Python fixture, every token but the strings is the same before and after."""
    for name, source, rules in _files():
        if name == path and _is_python(source):
            _assert_only_strings_differ(rewrite(name, source, rules))


@pytest.mark.parametrize("number", range(len(_files())))
def test_no_fixture_changes_under_rules_of_other_names(number: int) -> None:
    """Rules of names that occur nowhere leave every fixture as it is."""
    path, source, _ = _files()[number]
    assert rewrite(path, source, ELSEWHERE).after == source


@pytest.mark.parametrize("path", ["a.txt", "a", "a.sql.bak", ""])
def test_a_file_of_an_unknown_kind_is_an_error_and_stays(path: str) -> None:
    """What no reader is for is told, and left alone."""
    result = rewrite(path, b"select 1 from users", MOVES)
    assert result.error
    assert not result.changed


@pytest.mark.parametrize(
    "source",
    [b"def", b"'\xff'", b"# coding: nosuch\nx", b"x = 'users", b"\0", b"execute('select 1 from users'"],
)
def test_code_that_is_not_python_is_an_error_and_stays(source: bytes) -> None:
    """What can't be parsed is told, and left alone."""
    result = rewrite("a.py", source, MOVES)
    assert result.error
    assert not result.changed


def test_fixtures_are_there() -> None:
    """The fixtures that these laws are tested on exist."""
    assert Path(FIXTURES).is_dir()
    assert len(_files()) > 20
