"""Generated programs that hand a table's name on and use it: run before and after, they must reach the same tables.

What the edits change is read off a cursor that knows where the tables stand; a table that is no longer reached must be
reported, and nothing but SQL may tell the difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from helpers.strategies import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from pathlib import Path

    from schema_rewriter import RuleSet

BEFORE = {"public.users": "users", "public.jobs": "jobs", "public.audit": "audit"}
AFTER = {"app.users": "users", "core.jobs": "jobs", "public.audit": "audit"}

BIRTHS = (
    ("N{i} = '{name}'", "N{i}"),
    ("class C{i}:\n    table = '{name}'", "C{i}().table"),
    ("M{i} = {{'k': '{name}'}}", "M{i}['k']"),
    ("M{i} = {{'{name}': 1}}", "list(M{i})[0]"),
    ("L{i} = ['{name}']", "L{i}[0]"),
    ("def b{i}(t='{name}'):\n    return t", "b{i}()"),
    ("O{i} = {{'t': '{name}'}}\nO{i}.update(t='{other}')", "O{i}['t']"),
    ("O{i} = ['{name}']\nP{i} = O{i}\nP{i}[0] = '{other}'", "[x for x in O{i}][0]"),
    ("class D{i}:\n    t = '{name}'\nsetattr(D{i}, 'T'.lower(), '{other}')", "D{i}.t"),
)
STEPS = (
    ("def f{i}(t):\n    return t", "f{i}({value})"),
    ("def f{i}(t='jobs'):\n    return t", "f{i}(*[{value}])"),
    ("def f{i}(t='jobs'):\n    return t", "f{i}(**{{'t': {value}}})"),
    ("class B{i}:\n    def __init__(self, t):\n        self.t = t", "B{i}({value}).t"),
    ("def f{i}(t):\n    d = {{'t': 'jobs'}}\n    e = d\n    e['t'] = t\n    return d['t']", "f{i}({value})"),
    ("def f{i}(t):\n    d = {{'audit': 1}}\n    d[t] = 2\n    return list(d)[-1]", "f{i}({value})"),
    (
        "def f{i}(t):\n    x = ['jobs']\n    g{i}(x, t)\n    return x[-1]\ndef g{i}(x, t):\n    x.append(t)",
        "f{i}({value})",
    ),
    ("", "(lambda x: x)({value})"),
    ("", "({value} or 'jobs')"),
    ("", "{value}.strip()"),
)
USES = (
    "x = {value}\nrun(f'SELECT * FROM {{x}}')",
    "x = {value}\nrun(f'SELECT * FROM \"{{x}}\"')",
    "run('SELECT * FROM {{}}'.format({value}))",
    "x = {value}\nrun(' '.join(['SELECT * FROM', x]))",
    "x = {value}\nrun('DELETE FROM ' + x)",
    "def h{i}(t):\n    run(f'UPDATE {{t}} SET a = 1')\nh{i}({value})",
)
ENDS = (
    "said.append(len({value}))",
    "counts = {{'users': 0, 'jobs': 0, 'audit': 0}}\ncounts[{value}] += 1\nsaid.append(sorted(counts.items()))",
    "said.append('{{users}}{{jobs}}{{audit}}'.format(**{{'users': 0, 'jobs': 0, 'audit': 0, {value}: 1}}))",
    "x = {value}\nif x == 'users':\n    said.append('users')",
    "said.append({value} in ('users', 'audit'))",
    "said.append({value}.upper())",
    "one = {{'users': 1, 'jobs': 2}}\nsaid.append(one.get({value}, 3))",
    "",
)


@st.composite
def programs(draw: Any) -> str:
    """One to three names, each with its way, some of them handed on by the same functions."""
    code, body = "", ""
    shared: list[str] = []
    for i in range(draw(st.integers(1, 3))):
        names = {
            "name": draw(st.sampled_from(["users", "jobs", "audit"])),
            "other": draw(st.sampled_from(["users", "jobs"])),
        }
        made, value = (part.format(i=i, **names) for part in draw(st.sampled_from(BIRTHS)))
        code += made + "\n"
        for depth in range(draw(st.integers(0, 2))):
            if shared and draw(st.booleans()):
                value = draw(st.sampled_from(shared)).replace("@", value)
                continue
            made, taken = draw(st.sampled_from(STEPS))
            code += made.format(i=f"{i}_{depth}") + "\n"
            way = taken.format(i=f"{i}_{depth}", value="@")
            shared += [way] if made else []
            value = way.replace("@", value)
        body += draw(st.sampled_from(USES)).format(i=i, value=value) + "\n"
        body += draw(st.sampled_from(ENDS)).format(i=i, value=value) + "\n"
    return code + body


def trace(program: str, world: dict[str, str]) -> tuple[list[str], list[Any]]:
    """The tables that a program reaches, by their identity or as it names one that is not there; and what it says."""
    reached: list[str] = []

    def execute(query: str) -> None:
        found = re.search(r"(?:FROM|UPDATE) ([\w.\"]+)", query)
        assert found, query
        parts = [part.strip('"') for part in re.findall(r'"[^"]*"|[^."]+', found[1])]
        name = ".".join(parts) if len(parts) > 1 else f"public.{parts[0]}"
        reached.append(world.get(name, f"no {found[1]}"))

    said: list[Any] = []
    exec(program, {"run": execute, "said": said})
    return reached, said


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Two tables that move apart, and one that stays."""
    move = '[[move]]\nfrom = "public"\nto = "{}"\ntables = ["{}"]\n'
    return parse_rules(move.format("app", "users") + move.format("core", "jobs"), "rules.toml")


@settings(examples(2), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=programs())
def test_programs_reach_the_same_tables(program: str, rules: RuleSet, tmp_path: Path) -> None:
    """No edit is wrong, and no table is missed in silence."""
    (tmp_path / "program.py").write_text(program, "utf-8")
    report = run(Task(tmp_path, rules), ["."], include=["*.py"], jobs=1)
    changed = [result.after.decode() for result in report.results if result.changed]
    before, after = trace(program, BEFORE), trace((changed or [program])[0], AFTER)
    assert after[1] == before[1]
    for table, now in zip(before[0], after[0], strict=True):
        assert now == table or (now.replace('"', "") == f"no {table}" and report.need_person)
