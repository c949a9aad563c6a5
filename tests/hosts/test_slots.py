"""Where code takes a keyword, an item or an assignment that it has not, and the proof of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from schema_rewriter.edit import apply
from schema_rewriter.hosts.python import slots
from schema_rewriter.hosts.python.proof import difference
from schema_rewriter.hosts.python.syntax import Syntax
from schema_rewriter.hosts.python.written import Code

if TYPE_CHECKING:
    from schema_rewriter.hosts.slot import Slot

CALLS = [
    ('f("t")', 'f("t", schema="core")'),
    ("f('t')", "f('t', schema='core')"),
    ('f("t",)', 'f("t", schema="core",)'),
    ("f()", 'f(schema="core")'),
    ('f("t", **kw)', 'f("t", schema="core", **kw)'),
    ('f("t", *rest)', 'f("t", *rest, schema="core")'),
    ('f(("t"))', 'f(("t"), schema="core")'),
    ('f("t", (1, 2))', 'f("t", (1, 2), schema="core")'),
    ('(f)("t")', '(f)("t", schema="core")'),
    ('f(g("t"), h(")"))', 'f(g("t"), h(")"), schema="core")'),
    ('f(\n    "t",\n    m,\n)', 'f(\n    "t",\n    m,\n    schema="core",\n)'),
    ('f(\n    "t",\n    m\n)', 'f(\n    "t",\n    m,\n    schema="core"\n)'),
    ('f(\n    "t",\n    m,  # m, (n)\n)', 'f(\n    "t",\n    m,  # m, (n)\n    schema="core",\n)'),
    ('f(\n    "t",\n    m  # m, (n)\n)', 'f(\n    "t",\n    m,  # m, (n)\n    schema="core"\n)'),
    ('f("t", m,\n  a,\n  b)', 'f("t", m,\n  a,\n  b,\n  schema="core")'),
    ('f("t", m,\n  a, b)', 'f("t", m,\n  a, b, schema="core")'),
    ('f(\n    "t",\n    **kw,\n)', 'f(\n    "t",\n    schema="core",\n    **kw,\n)'),
    ('f(\r\n    "t",\r\n    m,\r\n)', 'f(\r\n    "t",\r\n    m,\r\n    schema="core",\r\n)'),
    ('f("é", g("ü"))', 'f("é", g("ü"), schema="core")'),
]


def _slot(source: str) -> tuple[Syntax, Slot | str]:
    syntax = Syntax(source.encode())
    assert syntax.placed is not None
    tree, places = syntax.placed
    code = Code(syntax, places)
    node = tree.body[0]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return syntax, slots.keyword(node.value, "schema", code)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Dict):
        return syntax, slots.item(node.value, "schema", code)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
        return syntax, slots.last_of(node.value, "schema", code)
    assert isinstance(node, ast.ClassDef)
    if node.bases:
        return syntax, slots.keyword(node, "schema", code)
    return syntax, slots.assignment(node.body[0], "__table_args__", "schema", code)


def _holds(before: str, after: str, *, back: bool = True) -> None:
    syntax, slot = _slot(before)
    assert not isinstance(slot, str), slot
    edit = slot.put("core")
    assert edit is not None
    made = apply(syntax.source, [edit])
    assert made.decode() == after
    assert difference(syntax, Syntax(made), [edit]) is None
    other = made.replace(b"core", b"else")
    assert difference(syntax, Syntax(other), [edit]) is not None
    if back:
        again, there = _slot(after)
        assert not isinstance(there, str), there
        assert there.value == "core"
        away = there.take()
        assert away is not None
        assert apply(again.source, [away]).decode() == before
        assert difference(again, Syntax(before.encode()), [away]) is None


@pytest.mark.parametrize(("before", "after"), CALLS, ids=[before for before, _ in CALLS])
def test_a_call_gets_a_keyword(before: str, after: str) -> None:
    _holds(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1}', '{"a": 1, "schema": "core"}'),
        ("{}", '{"schema": "core"}'),
        ("{'a': 1,}", "{'a': 1, 'schema': 'core',}"),
        ('{**x, "a": 1}', '{**x, "a": 1, "schema": "core"}'),
        ('{"a": 1, **x}', '{"a": 1, **x, "schema": "core"}'),
        ('{\n    "a": (1),  # b\n}', '{\n    "a": (1),  # b\n    "schema": "core",\n}'),
        ('{\n    "a": (1)  # b\n}', '{\n    "a": (1),  # b\n    "schema": "core"\n}'),
    ],
)
def test_a_mapping_gets_an_item(before: str, after: str) -> None:
    _holds(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = (a,)", 'x = (a, {"schema": "core"})'),
        ("x = (a, b)", 'x = (a, b, {"schema": "core"})'),
        ("x = a, b", 'x = a, b, {"schema": "core"}'),
        ("x = a,", 'x = a, {"schema": "core"}'),
        ("x = (a), (b)", 'x = (a), (b), {"schema": "core"}'),
        ("x = ((a), (b))", 'x = ((a), (b), {"schema": "core"})'),
        ("x = ((a), b,)", 'x = ((a), b, {"schema": "core"},)'),
        ("x = ()", 'x = ({"schema": "core"},)'),
        ("x = (\n    a('q'),\n)", "x = (\n    a('q'),\n    {'schema': 'core'},\n)"),
        ("x = (\n    a,\n    b\n)", 'x = (\n    a,\n    b,\n    {"schema": "core"}\n)'),
    ],
)
def test_a_tuple_gets_a_mapping(before: str, after: str) -> None:
    _holds(before, after, back=False)


def test_a_class_gets_an_assignment_or_a_keyword() -> None:
    args = "__table_args__ = {'schema': 'core'}"
    _holds("class A:\n\tb = 'c'  # d", f"class A:\n\tb = 'c'  # d\n\t{args}", back=False)
    _holds("class A:\r\n  b = 'c'\r\n  d = 1\r\n", f"class A:\r\n  b = 'c'\r\n  {args}\r\n  d = 1\r\n", back=False)
    _holds('class A(B, tablename="t"):\n    pass', 'class A(B, tablename="t", schema="core"):\n    pass')


@pytest.mark.parametrize(
    "source", ['f("t", schema=S)', "f(x for x in y)", "class A: b = 1", 'f("t", schema="co" "re")']
)
def test_where_nothing_can_be_put(source: str) -> None:
    assert isinstance(_slot(source)[1], str)


def test_a_schema_that_a_string_would_not_hold_as_it_is() -> None:
    slot = _slot('f("t")')[1]
    assert not isinstance(slot, str)
    assert not any(map(slot.put, ('a"b', "a'b", "a\\b", "a\nb", "", "a{b")))
