"""Generated programs of the kinds that tempt to wrong edits, run before and after the move on recording connections.

A name with something glued to it, temporary tables, values that leave, another engine's SQL, scopes, CTEs that other
code puts in front. What the programs send is read by sqlglot: it must reach the same tables as before, or be as it was
and told; what another engine gets, and what is seen outside of SQL, must be as it was.
"""

from __future__ import annotations

import builtins
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from schema_rewriter.rules import parse_rules
from schema_rewriter.run import Task, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schema_rewriter import RuleSet

    Draw = Callable[[st.SearchStrategy[Any]], Any]

MOVED = ("users", "jobs")
STAYS = ("users_old", "old_users", "jobs_old", "old_jobs", "audit")
BEFORE = {f"public.{name}": name for name in (*MOVED, *STAYS)}
AFTER = {f"app.{name}": name for name in MOVED} | {f"public.{name}": name for name in STAYS}

# -- (a) glued: what is put behind the query of a name, or before the name, in `end` and `begin`
ENDS = ("''", "'_old'", "' WHERE a = 1'", "('_old' if flag else '')", "('' if flag else ' LIMIT 1')")
BEGINS = ("''", "'old_'", "('old_' if flag else '')", "('archive.' if flag else '')", "('public.' if flag else '')")
HELD = (
    "x = {value}",
    "x = ''\nif flag:\n    x = {value}",
    "x = ''\nfor _ in range(1):\n    x += {value}",
    "try:\n    x = {value}\nexcept ValueError:\n    x = ''",
    "def make{i}():\n    return {value}\nx = make{i}()",
    "if flag:\n    x = ''\nelse:\n    x = {value}",
    "with open_() as _:\n    x = {value}",
)
BEHIND = (
    "q = 'SELECT * FROM {name}'\nq += x\nrun(q)",
    "q = 'SELECT * FROM {name}'\nif flag:\n    q = q + x\nrun(q)",
    "run('SELECT * FROM {name}' + x)",
    "run(f'SELECT * FROM {name}{{x}}')",
    "run('SELECT * FROM {name}%s' % x)",
    "run('SELECT * FROM {name}{{}}'.format(x))",
    "run('SELECT * FROM {name}{{e}}'.format(e=x))",
    "run(Template('SELECT * FROM {name}$x').substitute(x=x))",
    "run('SELECT * FROM {name}@'.replace('@', x))",
    "run(''.join(['SELECT * FROM {name}', x]))",
    "p = ['SELECT * FROM {name}']\np.append(x)\nrun(''.join(p))",
    "p = ['SELECT * FROM {name}']\np += [x]\nrun(''.join(p))",
    "p = ['SELECT * FROM {name}']\np.extend([x])\nrun(''.join(p))",
    "run(''.join(('SELECT * FROM {name}', x)))",
)
# ... by a function that gets the query, or to what a function gives, through attributes, mappings and other files
ACROSS = (
    "def go{i}(q): run(q + x)\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(q, e): run(f'{{q}}{{e}}')\ngo{i}('SELECT * FROM {name}', x)",
    "def go{i}(q): run('%s%s' % (q, x))\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(q): run('{{}}{{}}'.format(q, x))\ngo{i}(q='SELECT * FROM {name}')",
    "def go{i}(q): run(''.join([q, x]))\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(*parts): run(''.join(parts))\ngo{i}('SELECT * FROM {name}', x)",
    "def go{i}(parts): run(''.join(parts))\ngo{i}(['SELECT * FROM {name}', x])",
    "def go{i}(q):\n    q += x\n    run(q)\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(q):\n    if flag:\n        q = q + x\n    run(q)\ngo{i}('SELECT * FROM {name}')",
    "def inner{i}(q): run(q + x)\ndef go{i}(q): inner{i}(q)\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(q='SELECT * FROM {name}'): run(q + x)\ngo{i}()",
    "class G{i}:\n    def go(self, q): run(q + x)\nG{i}().go('SELECT * FROM {name}')",
    (
        "class G{i}:\n    def __init__(self, q): self.q = q\n    def go(self): run(self.q + x)\n"
        "G{i}('SELECT * FROM {name}').go()"
    ),
    "class G{i}:\n    q = 'SELECT * FROM {name}'\nrun(G{i}.q + x)",
    "def made{i}(): return 'SELECT * FROM {name}'\nrun(made{i}() + x)",
    "def made{i}(c): return f'SELECT {{c}} FROM {name}'\nrun(made{i}('a') + x)",
    "def made{i}(c): return 'SELECT ' + c + ' FROM {name}'\nrun(made{i}('a') + x)",
    "def made{i}(c): return 'SELECT {{}} FROM {name}'.format(c)\nrun(made{i}('a') + x)",
    "def made{i}(t): return 'SELECT * FROM ' + t\nrun(made{i}('{name}') + x)",
    "def made{i}(t): return f'SELECT * FROM {{t}}'\nrun(f'{{made{i}(\"{name}\")}}{{x}}')",
    "def made{i}(q): return 'EXPLAIN ' + q\nrun(made{i}('SELECT * FROM {name}') + x)",
    "Q{i} = {{'a': 'SELECT * FROM {name}'}}\nrun(Q{i}['a'] + x)",
    "Q{i} = ['SELECT * FROM {name}']\nfor q in Q{i}:\n    run(q + x)",
    "go{i} = lambda q: run(q + x)\ngo{i}('SELECT * FROM {name}')",
    "run(queries.ALL_{upper} + x)",
    "run(queries.glued('SELECT * FROM {name}', x))",
    "run(queries.Glue('SELECT * FROM {name}').behind(x))",
    "def go{i}(q, e): run(q % e)\ngo{i}('SELECT * FROM {name}%s', x)",
    "def go{i}(q, e): run(q.format(e))\ngo{i}('SELECT * FROM {name}{{}}', x)",
    "def go{i}(q, e): run(q.format(e=e))\ngo{i}('SELECT * FROM {name}{{e}}', x)",
    "def go{i}(q, e): run(q.replace('@', e))\ngo{i}('SELECT * FROM {name}@', x)",
    "def go{i}(q): run(q.replace('{name}', '{name}_old'))\ngo{i}('SELECT * FROM {name}')",
    "def go{i}(q, old, new): run(q.replace(old, new))\ngo{i}('SELECT * FROM {name}', '{name}', '{name}' + x)",
    "t = '{name}'\ndef go{i}(q): run(q + x)\ngo{i}(f'SELECT * FROM {{t}}')",
    "def go{i}(t, e): run('SELECT * FROM ' + t + e)\ngo{i}('{name}', x)",
    "def go{i}(t, e=x): run(f'SELECT * FROM {{t + e}}')\ngo{i}('{name}')",
)
FRONT = (
    "run('SELECT * FROM ' + x + '{name}')",
    "run(f'SELECT * FROM {{x}}{name} WHERE 1 = 1')",
    "run('SELECT * FROM %s{name}' % x)",
    "run('SELECT * FROM {{0}}{name}'.format(x))",
    "run(Template('SELECT * FROM ${{x}}{name}').substitute(x=x))",
    "run('SELECT * FROM __P__{name}'.replace('__P__', x))",
    "q = 'SELECT * FROM '\nif flag:\n    q += x\nq += '{name} WHERE 1 = 1'\nrun(q)",
    "run(''.join(['SELECT * FROM ', x, '{name}']))",
)
# -- (b) temporary tables, (d) another engine, (e) scopes, (f) CTEs
TEMPORARY = (
    "run('CREATE TEMP TABLE {name} (a int)')\nrun('SELECT * FROM {name}')",
    "t = '{name}'\nrun(f'CREATE TEMPORARY TABLE {{t}} (a int)')\nrun('SELECT * FROM {name}')",
    "def tmp{i}(t):\n    run('CREATE TEMP TABLE ' + t + ' (a int)')\ntmp{i}('{name}')\nrun('SELECT * FROM {name}')",
    "run(consts.TEMP_{upper})\nrun('DELETE FROM {name}')",
)
ENGINES = (
    "lite = sqlite3.connect('x')\nlite.execute('SELECT * FROM {name}')",
    "t = '{name}'\nwith sqlite3.connect('x') as c:\n    c.execute(f'SELECT * FROM {{t}}')",
    "lite = sqlite3.connect('x').cursor()\nlite.execute(consts.LITE_{upper})",
)
SCOPES = (
    "t = '{name}'\nsaid.append([t for t in ('{name}', 'b')])\nrun(f'SELECT * FROM {{t}}')",
    "t = 'audit'\nx = [run(f'SELECT * FROM {{t}}') for t in ('{name}', 'audit')]\nsaid.append(t)",
    "t = 'audit'\nclass K{i}:\n    t = '{name}'\n    def go(self): return t\nrun(f'SELECT * FROM {{K{i}().go()}}')",
    (
        "t = 'audit'\ndef outer{i}():\n    t = ''\n    def inner():\n        nonlocal t; t = '{name}'\n    inner()\n"
        "    return t\nrun('SELECT * FROM ' + outer{i}())\nsaid.append(t)"
    ),
    "f = lambda t='{name}': t\nrun(f'SELECT * FROM {{f()}}')\nsaid.append(f('b'))",
    "if (t := '{name}'):\n    run('SELECT * FROM %s' % t)\n    said.append(t)",
)
CTES = (
    "run('WITH {name} AS (SELECT 1) ' + consts.ALL_{upper})",
    "run(f'WITH {name} AS (SELECT 1) {{consts.ALL_{upper}}}')",
    "run(consts.with_{name}('SELECT * FROM {name}'))",
    "run(consts.WITH_{upper} + 'SELECT * FROM {name}')",
    "run('{{}} {{}}'.format('WITH {name} AS (SELECT 1)', 'SELECT * FROM {name}'))",
    "run(consts.ALL_{upper})",
)
# -- (c) names that SQL takes, and that leave
LEAVES = (
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nenviron['Q{i}'] = N{i}",
    "N{i} = '{name}'\nrun('SELECT * FROM ' + N{i})\n@route('/')\ndef view{i}():\n    return {{'t': N{i}}}",
    "N{i} = '{name}'\nrun('SELECT * FROM %s' % N{i})\nclass V{i}(Foreign): topic = N{i}\nsaid.append(V{i}().read())",
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nForeign().topic = N{i}",
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nsaid.append(Foreign(topic=N{i}).read())",
    (
        "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nclass W{i}(Foreign):\n    def get(self): return N{i}\n"
        "said.append(W{i}().got())"
    ),
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nheaders = Foreign().headers\nheaders['x'] = N{i}",
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nForeign().headers['x'] = N{i}\nForeign().headers.update(y=N{i})",
    "N{i} = '{name}'\nrun(f'SELECT * FROM {{N{i}}}')\nenviron.setdefault('R{i}', N{i})",
)
CONSTS = "".join(
    f"ALL_{name.upper()} = 'SELECT * FROM {name}'\nTEMP_{name.upper()} = 'CREATE TEMP TABLE {name} (a int)'\n"
    f"LITE_{name.upper()} = 'SELECT * FROM {name}'\nWITH_{name.upper()} = 'WITH {name} AS (SELECT 1) '\n"
    f"def with_{name}(query):\n    return 'WITH {name} AS (SELECT 1) ' + query\n"
    for name in MOVED
)
QUERIES = "".join(f"ALL_{name.upper()} = 'SELECT * FROM {name}'\n" for name in MOVED) + (
    "def glued(q, end):\n    return q + end\n"
    "class Glue:\n"
    "    def __init__(self, q):\n        self.q = q\n"
    "    def behind(self, end):\n        return f'{self.q}{end}'\n"
)
MODULES = {"consts.py": CONSTS, "queries.py": QUERIES}
HEAD = """from os import environ
from string import Template
import psycopg2
from foreign import Foreign, route, open_
def run(q):
    cursor.execute(q)
"""


@st.composite
def programs(draw: Draw) -> dict[str, str]:
    """The files of a program: one piece of a kind or two, in a module of its own and as a function or not."""
    kinds: dict[str, tuple[str, ...]] = {
        "glued": (), "temporary": TEMPORARY, "leaves": LEAVES, "engines": ENGINES, "scopes": SCOPES, "ctes": CTES,
    }  # fmt: skip
    body = ""
    for i in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["glued", "glued", *kinds]))
        name = draw(st.sampled_from(MOVED))
        if kind == "glued":
            values, forms = draw(st.sampled_from([(ENDS, BEHIND), (ENDS, ACROSS), (BEGINS, FRONT)]))
            held = draw(st.sampled_from(HELD)).format(value=draw(st.sampled_from(values)), i=i)
            piece = f"{held}\n{draw(st.sampled_from(forms)).format(name=name, upper=name.upper(), i=i)}\n"
        else:
            piece = draw(st.sampled_from(kinds[kind])).format(name=name, upper=name.upper(), i=i) + "\n"
        if kind != "leaves" and draw(st.booleans()):
            piece = f"def part{i}():\n" + "".join(f"    {line}\n" for line in piece.splitlines()) + f"part{i}()\n"
        body += piece
    flag = f"flag = {draw(st.booleans())}\n"
    imports = "".join(f"import {name}\n" for name in ("consts", "queries", "sqlite3") if f"{name}." in body)
    others = {path: text for path, text in MODULES.items() if f"{path[:-3]}." in body}
    return {"main.py": imports + HEAD + flag + body} | others


def played(files: dict[str, str]) -> tuple[list[str], list[str], list[Any]]:
    """What a program sends to PostgreSQL, to another engine, and what is seen of it elsewhere."""
    sent: list[str] = []
    lite: list[str] = []
    said: list[Any] = []
    environ: dict[str, str] = {}

    class Foreign:
        topic = ""
        headers: dict[str, str] = {}  # noqa: RUF012 - one for all, to be looked at

        def __init__(self, topic: str = "") -> None:
            self.topic = topic or type(self).topic

        def __setattr__(self, name: str, value: str) -> None:
            said.append(value)
            object.__setattr__(self, name, value)

        def read(self) -> str:
            return self.topic

        def got(self) -> Any:
            return self.get()  # type: ignore[attr-defined]

    class Lite:
        execute = staticmethod(lite.append)

        def cursor(self) -> Lite:
            return self

        def __enter__(self) -> Lite:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def route(_: str) -> Callable[[Callable[[], Any]], Any]:
        return lambda function: said.append(function())

    known: dict[str, Any] = {
        "sqlite3": SimpleNamespace(connect=lambda _: Lite()),
        "foreign": SimpleNamespace(Foreign=Foreign, route=route, open_=Lite),
        "psycopg2": SimpleNamespace(),
        "os": SimpleNamespace(environ=environ),
    }

    def load(name: str, *rest: Any) -> Any:
        if f"{name}.py" in files and name not in known:
            known[name] = ModuleType(name)
            space = {"said": said, "cursor": SimpleNamespace(execute=sent.append)}
            vars(known[name]).update(space, __builtins__={**vars(builtins), "__import__": load})
            exec(files[f"{name}.py"], vars(known[name]))
        return known[name] if name in known else __import__(name, *rest)

    load("main")
    return sent, lite, [said, environ, Foreign.headers]


def reached(sent: list[str], world: dict[str, str]) -> list[list[str]]:
    """By statement the tables that it reaches: their identity, that they are hidden, or the query that finds none."""
    temporary: set[str] = set()
    found: list[list[str]] = []
    for query in sent:
        tree = sqlglot.parse_one(query, dialect="postgres")
        hidden = {cte.alias for cte in tree.find_all(exp.CTE)}
        if isinstance(tree, exp.Create):
            temporary.add(tree.find(exp.Table).name)  # type: ignore[union-attr]
        tables = [(table.db, table.name) for table in tree.find_all(exp.Table)]
        found.append(
            [
                f"hidden {name}"
                if not schema and name in hidden | temporary
                else world.get(f"{schema or 'public'}.{name}", f"no {query}")
                for schema, name in sorted(tables)
            ]
        )
    return found


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Two tables that move."""
    return parse_rules('[[move]]\nfrom = "public"\nto = "app"\ntables = ["users", "jobs"]\n', "rules.toml")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=programs())
def test_programs_send_the_same(files: dict[str, str], rules: RuleSet, tmp_path: Path) -> None:
    """No edit is wrong: nothing reaches another table than before, or is seen elsewhere, or by another engine."""
    for path in ("main.py", *MODULES):
        (tmp_path / path).write_text(files.get(path, ""), "utf-8")
    report = run(Task(tmp_path, rules), ["."], include=["*.py"], jobs=1)
    changed = {result.path: result.after.decode() for result in report.results if result.changed}
    try:
        before = played(files)
        wanted = reached(before[0], BEFORE)
    except sqlglot.ParseError:
        return  # no SQL to begin with
    after = played(files | {path: text for path, text in changed.items() if path in files})
    assert after[1:] == before[1:]
    now = reached(after[0], AFTER)
    for was, query, tables, others in zip(before[0], after[0], wanted, now, strict=True):
        if tables != others:
            assert query == was, "a wrong edit"
            assert report.need_person, "missed in silence"
