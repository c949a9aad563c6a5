"""What hypothesis draws for the laws: edits, Python files that spell a known text, SQL whose references are known.

Everything is built so that the right answer is known beforehand: a text is drawn as atoms, each with its spelling
and what it stands for; SQL is drawn as parts, each with what the rules make of it.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from schema_rewriter import Edit
from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Draw = Callable[[st.SearchStrategy[Any]], Any]


def examples(factor: float = 1) -> settings:
    """The profile's number of examples, times `factor`."""
    count = max(1, int(settings.default.max_examples * factor)) if settings.default else 100
    return settings(max_examples=count, suppress_health_check=[HealthCheck.too_slow], deadline=None)


# -- edits


@st.composite
def spans(draw: Draw, length: int) -> Span:
    """A span of a sequence of that length, its ends included; often empty."""
    start = draw(st.integers(0, length))
    stop = draw(st.one_of(st.just(start), st.integers(start, length), st.integers(start, min(start + 3, length))))
    return Span(start, stop)


@st.composite
def edited(draw: Draw) -> tuple[bytes, list[Edit]]:
    """A source and edits of it that neither overlap nor begin at one place, in order."""
    source = draw(st.binary(max_size=40))
    edits: list[Edit] = []
    at = 0
    for _ in range(draw(st.integers(0, 5))):
        if at > len(source):
            break
        start = draw(st.integers(at, len(source)))
        stop = draw(st.integers(start, len(source)))
        edits.append(Edit(Span(start, stop), draw(st.binary(max_size=4))))
        at = max(stop, start + 1)
    return source, edits


# -- Python files that spell a known text

CHARSETS = ("utf-8", "utf-8-sig", "latin-1", "cp1252", "iso8859-15", "koi8-r", "shift_jis", "euc_jp", "gbk", "ascii")
PREFIXES = ("", "u", "U", "r", "R", "b", "B", "br", "Rb", "f", "F", "fr", "Rf")
QUOTES = ("'", '"', "'''", '"""')
ALPHABET = "abzNx_ 1278.,;()#*=%{}'\"éßÄж表ソあ€😀\t\x0b\x0c\x1c\x7f\x85\xa0\u2028\ufeff"
NEW = st.text(st.sampled_from("abAB.\"'\\{}%$_ 17\n\r\tNxuéж表😀\x00\x85\u2028"), max_size=6)
_SIMPLE = {"\\a": "\a", "\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v"}
_QUOTED = {"\\\\": "\\", "\\'": "'", '\\"': '"'}
_KEPT = ("\\d", "\\w", "\\ ", "\\.", "\\%", "\\m", "\\S")  # no escapes: Python keeps the backslash
_HOLES = ("{x}", "{x!r}", "{x.y}", "{x:>10}", "{x:{w}}", "{ x }", "{x=}", "{f(x)}")
_FIELDS = ("{}", "{0}", "{x}", "{x!r}", "{x:>{w}}", "{x.y[0]}")
_CONVERSIONS = ("%s", "%d", "%(x)s", "%-5.2f")


@dataclass(frozen=True)
class Atom:
    """One unit of a literal: how it is written and what it stands for. A hole's text is not to be edited.

    `cuts`: a line continuation, no character stands for it, and a text is in two pieces around it.
    """

    source: str
    text: str
    hole: bool = False
    cuts: bool = False


@dataclass(frozen=True)
class Literal:
    """A literal of a Python file."""

    prefix: str
    quote: str
    atoms: tuple[Atom, ...]

    @property
    def source(self) -> str:
        """As it stands in the file."""
        return self.prefix + self.quote + "".join(atom.source for atom in self.atoms) + self.quote


@dataclass(frozen=True)
class Program:
    """A Python file that assigns an expression to `value`, and what it comes to.

    `template` is "%" or ".format" for a template of these, "" for none.
    """

    source: bytes
    expression: str
    text: str
    literals: tuple[Literal, ...]
    charset: str
    template: str

    @property
    def has_holes(self) -> bool:
        """Whether the value is known to the running program only."""
        return any(atom.hole for literal in self.literals for atom in literal.atoms)

    def stretches(self) -> list[tuple[Span, Literal, int, Atom]]:
        """The characters of each atom, with its literal and the number of its piece."""
        found: list[tuple[Span, Literal, int, Atom]] = []
        at = piece = 0
        for literal in self.literals:
            piece += 1
            for atom in literal.atoms:
                piece += atom.cuts
                found.append((Span(at, at + len(atom.text)), literal, piece, atom))
                at += len(atom.text)
        return found


def encodes(text: str, charset: str) -> bool:
    """Whether a charset has a spelling for a text, one that decodes to the same text."""
    try:
        return text.encode(charset).decode(charset) == text
    except UnicodeError:
        return False


@st.composite
def _atoms(draw: Draw, prefix: str, quote: str, charset: str, newline: str, template: str) -> Atom:
    """One atom of a literal of this kind."""
    kind = prefix.lower()
    raw, is_bytes = "r" in kind, "b" in kind
    special = "%" if template == "%" else "{}" if template or "f" in kind else ""
    single = len(quote) == 1
    barred = special + "\\" + (quote if single or raw else "")
    plain = [c for c in ALPHABET if c not in barred and (c.isascii() or (not is_bytes and encodes(c, charset)))]
    ways = ["plain", "plain", "plain"]
    ways += ["special", "hole"] if special else []
    ways += ["escape", "quoted", "kept", "hex", "octal", "continuation"] if not raw else ["backslash"]
    ways += ["unicode", "unicode"] if not raw and not is_bytes else []
    ways += ["newline"] if not single else []
    way = draw(st.sampled_from(ways))
    if way == "plain":
        char = draw(st.sampled_from(plain))
        return Atom(char, char)
    if way == "special":
        char = draw(st.sampled_from(special))
        if template and not raw and draw(st.booleans()):
            return Atom(char + f"\\x{ord(char):02x}", char)
        return Atom(char * 2, char)
    if way == "hole":
        code = draw(st.sampled_from(_HOLES if "f" in kind else _CONVERSIONS if special == "%" else _FIELDS))
        return Atom(code, code, hole=True)
    if way == "newline":
        return Atom(newline, "\n")
    if way == "continuation":
        return Atom("\\" + newline, "", cuts=True)
    if way == "backslash":
        both = "\\" + draw(st.sampled_from("nxN0\\" + quote[0]))
        return Atom(both, both)
    if way == "kept":
        both = draw(st.sampled_from([k for k in _KEPT if k[1] not in special]))
        if is_bytes:
            both = draw(st.sampled_from([both, "\\u0041", "\\N{DASH}", "\\U"]))
        return Atom(both, both)
    if way in ("escape", "quoted"):
        source, char = draw(st.sampled_from(sorted((_SIMPLE if way == "escape" else _QUOTED).items())))
        return Atom(source, char)
    code = draw(st.integers(0, 255 if way in ("hex", "octal") else 0x10FFFF))
    if template and chr(code) in special:
        code = ord("q")
    if way == "hex":
        return Atom(f"\\x{code:02x}", chr(code))
    if way == "octal":
        return Atom(f"\\{code:o}", chr(code))
    name = unicodedata.name(chr(code), "")
    if name and draw(st.booleans()):
        return Atom("\\N{" + name + "}", chr(code))
    return Atom(f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08x}", chr(code))


def _sound(atoms: Iterable[Atom], prefix: str, quote: str) -> tuple[Atom, ...]:
    """The atoms with what would read differently side by side spelled otherwise, or left out."""
    result: list[Atom] = []
    given = list(atoms)
    for index, atom in enumerate(given):
        following = given[index + 1].source[:1] if index + 1 < len(given) else quote[0]
        if atom.source[:1] == "\\" and atom.source[1:].isdigit() and "r" not in prefix.lower():
            if following.isdigit():
                atom = Atom("\\" + atom.source[1:].rjust(3, "0"), atom.text)  # noqa: PLW2901
        elif (atom.source, following) == (quote[0], quote[0]):
            continue
        result.append(atom)
    return tuple(result)


@st.composite
def programs(draw: Draw) -> Program:
    """A Python file of any charset and line end whose `value` is an expression of literals."""
    charset, newline = draw(st.sampled_from(CHARSETS)), draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    if newline == "\r" and not charset.startswith("utf-8"):
        newline = "\n"  # no line of its own for the cookie: not read as Python reads it, and refused
    is_bytes = draw(st.integers(0, 4)) == 0
    template = draw(st.sampled_from(("", "", "%") if is_bytes else ("", "", "%", ".format")))
    kinds = [p for p in PREFIXES if ("b" in p.lower()) == is_bytes and not (template and "f" in p.lower())]
    literals: list[Literal] = []
    for _ in range(draw(st.integers(1, 3))):
        prefix, quote = draw(st.sampled_from(kinds)), draw(st.sampled_from(QUOTES))
        atoms = draw(st.lists(_atoms(prefix, quote, charset, newline, template), max_size=7))
        literals.append(Literal(prefix, quote, _sound(atoms, prefix, quote)))
    expression = literals[0].source
    for literal in literals[1:]:
        between = draw(st.sampled_from((" ", newline + "    ", "  # users" + newline, " + ", " \\" + newline)))
        expression += between + literal.source
    if len(literals) > 1:
        expression = f"({expression})"
    tail = {"": "", "%": " % x", ".format": ".format(x, w=w, **x)"}[template]
    other = "naïve жあ" if encodes("naïve жあ", charset) else "é" if encodes("é", charset) else "plain"
    code = str(charset).removesuffix("-sig")
    lines = [
        "#!python",
        f"# -*- coding: {code} -*-",
        f"other = '{other}'",
        f"value = {expression}{tail}  # {other}",
        f'last = [\'select\', f\'{other}\' """{newline}"""]',
    ]
    final = draw(st.sampled_from(("", newline)))
    bom = codecs.BOM_UTF8 if charset == "utf-8-sig" else b""
    source = bom + (newline.join(lines) + final).encode(code)
    text = "".join(atom.text for literal in literals for atom in literal.atoms)
    return Program(source, expression, text, tuple(literals), code, template)


# -- SQL whose references are known


@dataclass(frozen=True)
class Part:
    """A stretch of SQL: `old` in the file before, `new` after; they are equal but where the rules change it."""

    old: str
    new: str


Sql = tuple[Part, ...]
Owners = dict[str, Sql]
"""The sources of a query by the names that its columns may name them by, and how these are written."""
MOVING = ("users", "events", "jobs", '"Order Items"', "größe")
STAYING = ("logs", "audit", "tmp_users", '"Users"', "user_events")
RULES = """
search_path = ["public"]
existing_schemas = ["app"]
[[move]]
from = "public"
to = "app"
tables = ["users", "events", "jobs", '"Order Items"', "größe"]
"""


def before(sql: Iterable[Part]) -> str:
    """The SQL as it is before the rules."""
    return "".join(part.old for part in sql)


def after(sql: Iterable[Part]) -> str:
    """The SQL as the rules must leave it."""
    return "".join(part.new for part in sql)


class _Sql:
    """Draws SQL of PostgreSQL's grammar, and knows of each name what it means. `ctes` are names that CTEs hide."""

    def __init__(self, draw: Draw, target: str) -> None:
        self.draw, self.target, self.made = draw, target, 0
        self.indexes = 0

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def flag(self, often: int = 2) -> bool:
        return bool(self.draw(st.integers(0, often)) == 0)

    def words(self, text: str) -> Sql:
        """Keywords and signs, in some case."""
        text = self.one(text, text, text.upper(), text.title() if "'" not in text else text)
        return (Part(text, text),)

    def space(self) -> Sql:
        text = self.one(
            " ", " ", " ", " ", "  ", "\n", "\n    ", "\t", " /* from users */ ", " -- join events, 'jobs\n"
        )
        return (Part(text, text),)

    def line(self, *items: Sql | str) -> Sql:
        """Items with white space between."""
        result: Sql = ()
        for item in items:
            parts = self.words(item) if isinstance(item, str) else item
            if parts:
                result += (*(self.space() if result else ()), *parts)
        return result

    def literally(self, text: str) -> Sql:
        return (Part(text, text),)

    def listed(self, items: Sequence[Sql], comma: str = ", ") -> Sql:
        result = items[0]
        for item in items[1:]:
            result += (*self.literally(comma), *item)
        return result

    def name(self, name: str) -> str:
        """Some spelling of a name."""
        if name.startswith('"') or not name.isascii():
            return name
        return str(self.one(name, name, name, name.upper(), name.title(), f'"{name}"'))

    def relation(self, ctes: frozenset[str], *, target: bool = False, bare: bool = False) -> Sql:
        """A name in a relation's place. The `target` of a statement is never a CTE; `bare`: without a schema."""
        way = self.one("moving", "moving", "moving", "staying", "cte", "old", "new", "other")
        name = self.one(*MOVING)
        if way == "cte" and ctes and not target:
            found = str(self.one(*sorted(ctes)))
            return self.literally(found)
        if way == "staying":
            return self.literally(self.name(self.one(*STAYING)))
        written = self.name(name)
        if bare or way in ("moving", "cte"):
            if name in ctes and not target:
                return self.literally(written)
            return (Part("", self.target + "."), *self.literally(written))
        dot = self.one(".", ".", ".", " . ")
        schema = {"old": self.one("public", "PUBLIC", '"public"'), "new": self.target}.get(way, "other")
        moved = self.target if way == "old" else schema
        return (Part(schema, moved), *self.literally(dot + written))

    def alias(self) -> str:
        self.made += 1
        return str(self.one(f"a{self.made}", f"a{self.made}", "users", "jobs", '"Order Items"'))

    def column(self, owners: Owners) -> Sql:
        column = self.literally(self.one("id", "name", "total", "events", '"jobs"', "users_id"))
        owner = self.one(None, *owners)
        return (*owners[owner], *self.literally("."), *column) if owner else column

    def expression(self, depth: int, ctes: frozenset[str], owners: Owners) -> Sql:
        """A column, or more."""
        column = self.column(owners)
        way = self.one(*["column"] * 6, "count", "cast", "case", "over", "array", "texts", "coalesce")
        if way == "count":
            return self.literally("count(*)")
        if way == "cast":
            return (*column, *self.literally(self.one("::text", "::numeric(10, 2)", "::date")))
        if way == "case":
            return self.line("case when", column, self.literally("is null then 'users' else $1 end"))
        if way == "over":
            return (*self.literally("sum(total) over (partition by "), *column, *self.literally(" order by id)"))
        if way == "texts":
            texts = ("E'it\\'s users'", "$$from users$$", "'a' || 'from ''jobs'", "$q$it's$q$")
            return self.literally(self.one(*texts[:2], texts[2] + "''", texts[3]))
        if depth > 0 and way in ("array", "coalesce"):
            end = ")" if way == "array" else "), 1)"
            head = "array(" if way == "array" else "coalesce(("
            return (*self.literally(head), *self.query(depth - 1, ctes), *self.literally(end))
        return column

    def source(self, depth: int, ctes: frozenset[str]) -> tuple[Sql, str, Sql]:
        """An item of FROM, the name that hides others, and how it is written before its columns."""
        if self.flag(4):
            return self.plain(ctes)
        alias = self.alias()
        named = self.line(self.one("", "as"), self.literally(alias))
        if depth > 0 and self.flag(3):
            query = self.query(depth - 1, ctes)
            inner = (*self.literally("("), *query, *self.literally(")"))
            return self.line(self.one("", "", "lateral"), inner, named), alias, self.literally(alias)
        if self.flag(5):
            made = self.one("generate_series(1, 3)", "(values (1), (2))", "unnest($1)")
            return self.line(self.literally(made), named), alias, self.literally(alias)
        return self.line(self.one("", "", "", "only"), self.relation(ctes), named), alias, self.literally(alias)

    def plain(self, ctes: frozenset[str]) -> tuple[Sql, str, Sql]:
        """A relation without an alias, whose columns its own name stands before, perhaps with its schema."""
        name = str(self.one("users", "events", "jobs", "logs"))
        owner = self.literally(name)
        if name == "logs" or name in ctes:
            return owner, name, owner
        if self.flag():
            return (Part("", self.target + "."), *owner), name, owner
        moved = (Part("public", self.target), *self.literally("." + name))
        return moved, name, moved if self.flag() else owner

    def condition(self, depth: int, ctes: frozenset[str], owners: Owners) -> Sql:
        way = self.one("constant", "text", "parameter", "exists", "in", "and") if depth > 0 else "constant"
        column = self.column(owners)
        if way == "exists":
            return self.line("exists (", self.query(depth - 1, ctes), ")")
        if way == "in":
            return self.line(column, "in (", self.query(depth - 1, ctes), ")")
        if way == "and":
            return self.line(self.condition(depth - 1, ctes, owners), "and", self.condition(depth - 1, ctes, owners))
        value = {"text": "'select * from users'", "parameter": "$1"}.get(way, "1")
        return self.line(column, self.literally("="), self.literally(value))

    def select(self, depth: int, ctes: frozenset[str]) -> Sql:
        first, alias, owner = self.source(depth, ctes)
        owners = {alias: owner}
        items: list[Sql | str] = ["from", first]
        for _ in range(self.one(0, 0, 1, 2)):
            other, alias, owner = self.source(depth - 1, ctes)
            if alias in owners:
                continue
            owners[alias] = owner
            join = self.one("join", "left join", "inner join", "cross join", ",")
            items += [join, other]
            if join not in ("cross join", ","):
                items += ["on", self.condition(depth - 1, ctes, owners)]
        columns = [self.expression(depth, ctes, owners) for _ in range(self.one(1, 1, 2))]
        if depth > 0 and self.flag(5):
            columns.append((*self.literally("("), *self.query(depth - 1, ctes), *self.literally(") as jobs")))
        if self.flag(2):
            items += ["where", self.condition(depth, ctes, owners)]
        if self.flag(6):
            items += ["group by", self.column(owners)]
        if self.flag(6):
            items += ["order by", self.column(owners), self.one("", "desc")]
        if self.flag(9):
            items += ["limit 1 offset $3"]
        return self.line("select", self.one("", "", "distinct"), self.listed(columns), *items)

    def query(self, depth: int, ctes: frozenset[str]) -> Sql:
        """A query: with CTEs that hide relations or do not, and unions."""
        head, ctes = self.clause(depth, ctes)
        body = self.select(depth, ctes)
        if self.flag(9):
            return self.line(head, body, "for update", self.one("", "skip locked"))
        if depth > 0 and self.flag(4):
            word = self.one("union", "union all", "intersect", "except")
            body = self.line(body, word, self.select(depth - 1, ctes))
        return self.line(head, body)

    def clause(self, depth: int, ctes: frozenset[str]) -> tuple[Sql, frozenset[str]]:
        """A WITH clause, or nothing, and what is hidden behind it."""
        if depth < 1 or not self.flag(2):
            return (), ctes
        recursive = self.flag(3)
        names = self.draw(
            st.lists(
                st.sampled_from(("users", "events", "jobs", "recent", "logs")), min_size=1, max_size=2, unique=True
            )
        )
        inside = ctes | frozenset(names) if recursive else ctes
        items: list[Sql] = []
        for name in names:
            if not recursive and self.flag(6):
                body = self.change(depth - 1, inside, returning=True)
            else:
                body = self.query(depth - 1, inside)
            materialized = self.one("as (", "as (", "as materialized (")
            items.append(self.line(self.literally(name), materialized, body, ")"))
            inside |= {name}
        return self.line("with recursive" if recursive else "with", self.listed(items)), inside

    def change(self, depth: int, ctes: frozenset[str], *, returning: bool = False) -> Sql:
        """INSERT, UPDATE or DELETE."""
        way = self.one("insert", "values", "update", "delete", "values" if returning else "merge")
        target = self.relation(ctes, target=True)
        end: list[Sql | str] = ["returning", self.literally("id")] if returning or self.flag(3) else []
        if way in ("insert", "values"):
            items: list[Sql | str] = ["insert into", target, self.literally("(id)")]
            items += [self.query(depth - 1, ctes)] if way == "insert" else ["values", self.literally("(1), ($2)")]
            joined = isinstance(items[-1], tuple) and "cross join" in before(items[-1]).lower()
            items += ["on conflict do nothing"] if not joined and self.flag(3) else []
            return self.line(*items, *end)
        source, alias, owner = self.source(depth - 1, ctes)
        where: list[Sql | str] = ["where", self.condition(depth, ctes, {alias: owner})]
        if way == "merge":
            on = self.condition(0, ctes, {alias: owner})
            found = self.literally("when matched then update set events = 1 when not matched then do nothing")
            return self.line("merge into", target, "as t using", source, "on", on, found)
        if way == "update":
            return self.line("update", target, "as t set", self.literally("users = 1"), "from", source, *where, *end)
        return self.line("delete from", target, "as t using", source, *where, *end)

    def definition(self) -> Sql:
        """A statement of the data definition language."""
        none: frozenset[str] = frozenset()
        target = self.relation(none, target=True)
        other = self.relation(none, target=True)
        way = self.one(
            *("table", "index", "view", "drop", "alter", "truncate", "comment", "like", "as", "key", "rename"),
            *("grant", "lock", "trigger", "policy", "refresh", "vacuum", "explain", "materialized"),
        )
        if way == "table":
            column = self.line(self.literally("users int"), "references", other, self.literally("(id)"))
            return self.line("create table", self.one("", "if not exists"), target, "(", column, ")")
        if way == "index":
            self.indexes += 1  # a name that two indexes have is a finding
            return self.line(f"create unique index users_idx{self.indexes} on", target, self.literally("(events, id)"))
        if way == "view":
            return self.line("create", self.one("", "or replace"), "view", target, "as", self.query(1, none))
        if way == "drop":
            names = self.listed([target, other])
            return self.line("drop table", self.one("", "if exists"), names, self.one("", "cascade"))
        if way == "truncate":
            return self.line("truncate", self.one("", "table"), self.listed([target, other]))
        if way == "comment":
            return self.line("comment on table", target, "is", self.literally("'the users of events'"))
        if way == "like":
            return self.line("create table", target, "( like", other, "including all )")
        if way == "as":
            return self.line("create table", target, "as", self.query(1, none))
        if way == "key":
            key = self.literally("fk foreign key (jobs)")
            return self.line("alter table", target, "add constraint", key, "references", other, self.literally("(id)"))
        if way == "grant":
            return self.line(
                "grant select, insert on", self.one("", "table"), self.listed([target, other]), "to app_role"
            )
        if way == "lock":
            return self.line("lock table", self.listed([target, other]), "in share mode")
        if way == "trigger":
            call = self.literally("for each row execute function users_changed()")
            return self.line("create trigger users before insert or update on", target, call)
        if way == "policy":
            return self.line("create policy jobs on", target, "using ( id in (", self.query(1, none), ") )")
        if way == "refresh":
            return self.line("refresh materialized view", self.one("", "concurrently"), target)
        if way == "vacuum":
            return self.line(self.one("vacuum", "analyze", "vacuum analyze"), target)
        if way == "explain":
            return self.line("explain", self.one("", "analyze", "(costs off)"), self.query(1, none))
        if way == "materialized":
            return self.line("create materialized view", target, "as", self.query(1, none), "with no data")
        if way == "rename":
            return self.line("alter table", target, "rename to", self.literally("jobs_2024"))
        return self.line("alter table", target, "add column", self.literally("events integer"))

    def statement(self) -> Sql:
        way = self.one("query", "query", "change", "definition")
        if way == "query":
            return self.query(2, frozenset())
        if way == "definition":
            return self.definition()
        head, ctes = self.clause(1, frozenset())
        return self.line(head, self.change(1, ctes))


@st.composite
def sql_texts(draw: Draw, target: str = "app") -> Sql:
    """One to three statements, with what must become of them when MOVING move to the schema `target`."""
    made = _Sql(draw, target)
    statements = [made.statement() for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    end = draw(st.sampled_from(("", ";", ";\n")))
    return (*made.listed(statements, ";\n"), Part(end, end))


_NAMED_ESCAPES = {char: escape for escape, char in _QUOTED.items()} | {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@st.composite
def python_files(draw: Draw, sql: Sql) -> tuple[bytes, bytes]:
    """A Python file that runs the SQL, before and after: any literals, some characters in escapes."""
    charset = draw(st.sampled_from(("utf-8", "utf-8-sig", "latin-1", "cp1252")))
    newline = draw(st.sampled_from(("\n", "\r\n")))
    template = draw(st.sampled_from(("", "", "f", "%", ".format")))
    quote = draw(st.sampled_from(QUOTES))
    is_bytes = template == "" and before(sql).isascii() and draw(st.integers(0, 4)) == 0
    prefix = "f" if template == "f" else "b" if is_bytes else ""
    doubled = {"f": "{}", ".format": "{}", "%": "%"}.get(template, "")
    odd = draw(st.integers(2, 12))  # one character in so many is an escape
    splits = draw(st.integers(1, 8)) if draw(st.booleans()) else 0

    def spelled(char: str, number: int) -> str:
        if char in doubled:
            return char * 2
        if char == "\n" and len(quote) == 3:
            return str(newline)
        if char in "\\\n\r\t" or char == quote[0]:
            return str(_NAMED_ESCAPES[char])
        if number % odd == 0 and char.isascii() and char != " ":
            return (f"\\x{ord(char):02x}", f"\\{ord(char):03o}")[number % 2]
        return char

    between = draw(st.sampled_from((" ", newline + "        ", "  # users" + newline + "        ")))
    join = quote + between + prefix + quote
    old = new = ""
    number = 0
    for part in sql:
        if part.old == part.new:
            written = ""
            for char in part.old:
                number += 1
                written += spelled(char, number)
                if splits and char == " " and part.old.isspace() and number % splits == 0:
                    written += join
            old, new = old + written, new + written
        else:
            old += "".join(spelled(char, 1) for char in part.old)
            new += "".join(_NAMED_ESCAPES[c] if c == quote[0] else c for c in part.new)
    tail = {"%": " % values", ".format": ".format(*values)"}.get(template, "")
    code = str(charset).removesuffix("-sig")
    bom = codecs.BOM_UTF8 if charset == "utf-8-sig" else b""

    def file(body: str) -> bytes:
        lines = (
            f"# -*- coding: {code} -*-",
            "def run(cursor, values):",
            "    'The users of größe.'",
            f"    cursor.execute(({prefix}{quote}{body}{quote}){tail})",
            "    return 'users', \"jobs\"",
            "",
        )
        return bom + str(newline).join(lines).encode(code)

    return file(old), file(new)
