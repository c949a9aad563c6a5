"""Who names a relation: the references of a statement, and the names whose meaning stays open.

Every name of interest in a statement ends up in one of three groups: a reference, something that only looks like
one (a column, an alias, a CTE ...), or an Unclear. None is lost: names that no tree accounts for are Unclear.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql import scopes
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.parse import is_dynamic, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlglot import exp

    from schema_rewriter.sql.lexer import Token
    from schema_rewriter.sql.statements import Statement


class Role(enum.Enum):
    """What a statement does with a relation.

    OWNER is a bare name that means a source of its query: a column's owner, or FOR UPDATE OF. COLUMN is the
    relation within schema.relation.column.
    """

    READ = "read"
    WRITE = "write"
    DEFINE = "define"
    DROP = "drop"
    NAME = "name"
    OWNER = "owner"
    COLUMN = "column"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a relation; spans in characters of the text, quotes included.

    `relation` is as written, folded; `schema` is the schema's span. `doubt` tells why an unqualified name may mean
    another relation, "" if it can't. `captured`: without its schema it would mean a CTE. `source` is the name's span
    of the relation that an OWNER means. `search_path` is what a SET before it says, None if none does.
    """

    name: Span
    relation: Relation
    role: Role
    schema: Span | None = None
    doubt: str = ""
    captured: bool = False
    source: Span | None = None
    search_path: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """A place that may name a relation; `relation` says what is known of it (an empty name: nothing)."""

    span: Span
    code: str
    reason: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Bystander:
    """A place that says the name and is no reference: a column, an alias, a CTE."""

    span: Span


Named = Reference | Unclear | Bystander


def references(statement: Statement, text: str, names: Collection[str]) -> Iterator[Named]:
    """The references to relations of these (folded) names in one statement, and what is unclear about them."""
    if not _worth_parsing(statement, text, names) or _names_no_relation(statement):
        return
    parsed = parse(statement, text)
    if parsed is None or _is_opaque(parsed.tree):
        yield from _mentions(statement, text, names)
        return
    reader = _Reader(statement, text, names, parsed.at)
    found = list(reader.tables(parsed.tree))
    yield from found
    spans = [named.name if isinstance(named, Reference) else named.span for named in found]
    starts = {span.start for span in spans}
    for index, token in enumerate(statement.tokens):
        if not token.is_name or token.word not in names or token.start in starts:
            continue
        if any(span.covers(token.span) for span in spans):
            continue
        if token.start in reader.seen or token.word in _TYPES or _is_called(statement.tokens, index):
            yield Bystander(token.span)
        else:
            yield _unparsed(token, "the parser does not tell what it names")


def _is_called(tokens: Sequence[Token], index: int) -> bool:
    """Whether a name is that of a function, f(..), or of an argument, name => .. or name := .. ."""
    follow = "".join(token.word for token in tokens[index + 1 : index + 3])
    before = tokens[index - 1].word if index else ""
    return (follow.startswith("(") and before not in _BEFORE_COLUMNS) or follow in ("=>", ":=")


_BEFORE_COLUMNS = frozenset("into table on only update references copy like analyze vacuum exists of".split())
"""Words behind which a name with parentheses is a relation and its columns."""


def _worth_parsing(statement: Statement, text: str, names: Collection[str]) -> bool:
    return any(
        token.word in names
        or is_dynamic(token)
        or (token.kind is Kind.QUOTED and _HOLED.search(token.word))
        or (token.kind in _QUOTES and next(_words(text[token.start : token.stop], names), None))
        for token in statement.tokens
    )


_QUOTES = (Kind.STRING, Kind.BODY, Kind.BROKEN)
_WORD = re.compile(r"(?:([^\W\d][\w$]*)\s*\.\s*)?([^\W\d][\w$]*)")


def _words(text: str, names: Collection[str]) -> Iterator[tuple[Span, Relation]]:
    """Where a quoted text says one of the names, and with which schema."""
    for found in _WORD.finditer(text):
        if found[2].lower() in names:
            yield Span(*found.span(2)), Relation(found[1].lower() if found[1] else None, found[2].lower())


_HOLED = re.compile("[\ue000]|{[^{}]*}")

_NEVER = (
    "savepoint release rollback listen unlisten notify close deallocate fetch move execute show reset discard begin "
    "start commit end abort checkpoint load set"
).split()
_NEVER_OBJECTS = (
    "role user group database extension schema tablespace language collation conversion server domain "
    "access text operator cast event"
).split()


def _names_no_relation(statement: Statement) -> bool:
    """Whether a statement of this form never names a relation (manual, part VI, SQL commands)."""
    words = [*statement.words(3), "", ""]
    if words[0] == "set":
        return words[1] != "constraints"
    if words[:2] == ["create", "schema"]:
        return not any(token.word in ("create", "grant") for token in statement.tokens[1:])
    return words[0] in _NEVER or (words[0] in ("create", "alter", "drop") and words[1] in _NEVER_OBJECTS)


def _is_opaque(tree: exp.Expression) -> bool:
    """Whether sqlglot's tree of such a statement does not show its relations."""
    kind = type(tree).__name__
    if kind == "Create":
        return tree.args.get("kind") in ("FUNCTION", "PROCEDURE", "AGGREGATE", "RULE", "TYPE", "DOMAIN")
    if kind == "Analyze":  # ANALYZE t (column) looks like a function to sqlglot
        return any(type(table.this).__name__ != "Identifier" for table in tree.args.get("tables") or ())
    return kind not in _UNDERSTOOD


_UNDERSTOOD = frozenset(
    """Select Union Intersect Except Subquery Values Insert Update Delete Merge Create Alter Drop TruncateTable Copy
    Comment Grant Revoke Table Tuple Analyze""".split()
)


def _mentions(statement: Statement, text: str, names: Collection[str]) -> Iterator[Unclear]:
    """Each place of a statement without a tree that says one of the names."""
    reason = "a quote or comment has no end" if statement.broken else "this statement could not be parsed"
    tokens = statement.tokens
    head = {token.word for token in tokens[:4]}
    bodied = tokens[0].word in ("do", "prepare") or (tokens[0].word == "create" and bool(head & _ROUTINES))
    for index, token in enumerate(tokens):
        if token.is_name and token.word in names:
            qualified = index > 1 and tokens[index - 1].word == "." and tokens[index - 2].is_name
            schema = tokens[index - 2].word if qualified else None
            yield Unclear(token.span, "unparsed-sql", reason, Relation(schema, token.word))
        elif token.kind in (Kind.BODY, Kind.BROKEN) or (token.kind is Kind.STRING and bodied):
            where = reason if token.kind is Kind.BROKEN else "it stands in a quoted body"
            for span, relation in _words(text[token.start : token.stop], names):
                place = Span(token.start + span.start, token.start + span.stop)
                yield Unclear(place, "unparsed-sql", where, relation)


_ROUTINES = {"function", "procedure"}  # what CREATE makes of a text that is SQL


def _unparsed(token: Token, reason: str) -> Unclear:
    return Unclear(token.span, "unparsed-sql", reason, Relation(None, token.word))


_ROLES: dict[tuple[str, str], Role] = {
    ("From", "this"): Role.READ,
    ("Join", "this"): Role.READ,
    ("Subquery", "this"): Role.READ,
    ("Insert", "this"): Role.WRITE,
    ("Update", "this"): Role.WRITE,
    ("Delete", "this"): Role.WRITE,
    ("Delete", "using"): Role.READ,
    ("Merge", "this"): Role.WRITE,
    ("Merge", "using"): Role.READ,
    ("TruncateTable", "expressions"): Role.WRITE,
    ("Copy", "this"): Role.NAME,
    ("Into", "this"): Role.DEFINE,
    ("LikeProperty", "this"): Role.NAME,
    ("InheritsProperty", "expressions"): Role.NAME,
    ("PartitionedOfProperty", "this"): Role.NAME,
    ("Reference", "this"): Role.NAME,
    ("Index", "table"): Role.NAME,
    ("TriggerProperties", "table"): Role.NAME,
    ("TriggerProperties", "referenced_table"): Role.NAME,
    ("OnProperty", "this"): Role.NAME,
    ("Analyze", "tables"): Role.NAME,
}
_BY_KIND: dict[tuple[str, str], Role] = {
    ("Create", "this"): Role.DEFINE,
    ("Drop", "tables"): Role.DROP,
    ("Alter", "this"): Role.NAME,
    ("Comment", "this"): Role.NAME,
    ("Grant", "securable"): Role.NAME,
    ("Revoke", "securable"): Role.NAME,
}
_RELATION_KINDS = frozenset(("TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE", ""))
_STAYS = frozenset(
    (
        ("AlterRename", "this"),
        ("ToTableProperty", "this"),
        ("Opclass", "expression"),
        ("UserDefinedFunction", "this"),
        ("TriggerReferencing", "new"),
        ("TriggerReferencing", "old"),
        ("Copy", "files"),
    )
)
# Types of pg_catalog: an unqualified type of such a name is never a row type (manual, section 5.9.5).
_TYPES = frozenset(
    """aclitem bit bool box bpchar bytea char cid cidr circle cstring date datemultirange daterange float4 float8
    inet int2 int4 int4range int8 int8range interval json jsonb jsonpath line lseg macaddr macaddr8 money name
    numeric numrange oid path point polygon record refcursor regclass regproc regtype text tid time timestamp
    timestamptz timetz trigger tsquery tsrange tstzrange tsvector unknown uuid varbit varchar void xid xid8
    xml""".split()
)


class _Reader:
    """Reads one tree. Not a value: it notes which tokens the tree accounts for, in `seen`."""

    def __init__(self, statement: Statement, text: str, names: Collection[str], at: int) -> None:
        self.statement, self.text, self.names, self.at = statement, text, names, at
        self.tokens = {token.start: token for token in statement.tokens}
        self.doubt = _doubt(statement)
        self.seen: set[int] = set()

    def tables(self, tree: exp.Expression) -> Iterator[Named]:
        """The references of the tree, in no particular order."""
        for node in tree.walk():
            kind = type(node).__name__
            if kind == "Identifier":
                if (span := self.span(node)) is not None:
                    self.seen.add(span.start)
            elif kind == "Table":
                yield from self.table(node)
            elif kind == "Column":
                yield from self.column(node)
            elif kind == "DataType":
                yield from self.row_type(node)

    def span(self, identifier: Any) -> Span | None:
        """Where one of sqlglot's identifiers stands in the text."""
        start = identifier.meta.get("start") if hasattr(identifier, "meta") else None
        return None if start is None else Span(self.at + start, self.at + identifier.meta["end"] + 1)

    def table(self, node: exp.Expression) -> Iterator[Named]:
        name, schema = node.args.get("this"), node.args.get("db")
        if type(name).__name__ != "Identifier":
            return  # a function in FROM, or CREATE SCHEMA
        role = self.role(node)
        if role == "stays":
            return
        if role == "alias":
            yield from self.owner(name, scopes.source(node, scopes.named(name)))
        elif role is None:
            if scopes.named(name) in self.names and (span := self.span(name)) is not None:
                yield Unclear(span, "unparsed-sql", "it stands where no relation is expected", self.relation(name, schema))
        elif not (role is Role.READ and schema is None and scopes.is_cte(node, scopes.named(name))):
            yield from self.named(name, schema, role)

    def role(self, node: exp.Expression) -> Role | str | None:
        """What the place of a table in the tree makes of it; None for a place that is not known."""
        parent, key = node.parent, node.arg_key or ""
        if type(parent).__name__ == "Schema" and key == "this":
            parent, key = parent.parent, parent.arg_key or ""
        place = (type(parent).__name__, key)
        if place in _STAYS:
            return "stays"
        if place == ("Lock", "expressions"):
            return "alias"
        if place in _BY_KIND and parent is not None:
            kind = str(parent.args.get("kind") or "").upper()
            if kind not in _RELATION_KINDS:
                return "stays"
            temporary = place[0] == "Create" and any(
                type(prop).__name__ == "TemporaryProperty"
                for prop in getattr(parent.args.get("properties"), "expressions", ())
            )
            return "stays" if temporary else _BY_KIND[place]
        if place == ("Into", "this") and parent is not None and parent.args.get("temporary"):
            return "stays"
        return _ROLES.get(place)

    def relation(self, name: Any, schema: Any) -> Relation:
        return Relation(scopes.named(schema) or None if schema is not None else None, scopes.named(name))

    def named(self, name: Any, schema: Any, role: Role) -> Iterator[Named]:
        """The reference that a name, with or without a schema, is."""
        span, schema_span = self.span(name), self.span(schema) if schema is not None else None
        if span is None or (schema is not None and schema_span is None):
            return  # no position: the tokens of its name stay unaccounted for
        relation = self.relation(name, schema)
        if any(self.is_dynamic(part) for part in (span, schema_span) if part):
            known = Relation(
                None if schema_span is None or self.is_dynamic(schema_span) else relation.schema,
                "" if self.is_dynamic(span) else relation.name,
            )
            whole = Span(schema_span.start if schema_span else span.start, span.stop)
            if self.in_parentheses(whole):
                return  # FROM ({x}): a sub-select
            if known.name == "" or known.name in self.names:
                yield Unclear(whole, "dynamic-relation", "only the running program knows this name", known)
        elif relation.name in self.names and not self.is_reserved(span):
            doubt = self.doubt if role is Role.READ and schema is None else ""
            captured = schema is not None and role is Role.READ and scopes.is_cte(name, relation.name)
            yield Reference(span, relation, role, schema_span, doubt, captured)

    def in_parentheses(self, span: Span) -> bool:
        """Whether nothing but this stands in a pair of parentheses."""
        starts = [token.start for token in self.statement.tokens]
        index = starts.index(span.start) if span.start in starts else 0
        around = [token.word for token in self.statement.tokens[index - 1 : index + 2]] if index else []
        return len(around) == 3 and around[0] == "(" and around[2] == ")"

    def is_reserved(self, span: Span) -> bool:
        """Whether an unquoted word here is a keyword that no relation can have for its name."""
        token = self.tokens.get(span.start)
        return token is not None and token.kind is Kind.NAME and token.word in RESERVED

    def is_dynamic(self, span: Span) -> bool:
        """Whether code or a placeholder stands in these characters."""
        token = self.tokens.get(span.start)
        if token is None or is_dynamic(token) or token.stop < span.stop:
            return True
        return token.kind is Kind.QUOTED and _HOLED.search(token.word) is not None

    def column(self, node: exp.Expression) -> Iterator[Named]:
        owner, schema = node.args.get("table"), node.args.get("db")
        if type(node.parent).__name__ == "Comment" and owner is not None:
            yield from self.named(owner, schema, Role.NAME)  # COMMENT ON COLUMN t.c
        elif schema is not None:
            if scopes.named(owner) in self.names and not self.dynamic_parts(owner, schema):
                yield from self.named(owner, schema, Role.COLUMN)
        elif owner is not None:
            yield from self.owner(owner, scopes.source(node, scopes.named(owner)))
        elif scopes.named(node.this) in self.names and not scopes.is_assigned(node):
            yield from self.owner(node.this, scopes.source(node, scopes.named(node.this)), whole_row=True)

    def dynamic_parts(self, *identifiers: Any) -> bool:
        spans = [self.span(identifier) for identifier in identifiers]
        return any(span is None or self.is_dynamic(span) for span in spans)

    def owner(self, name: Any, source: exp.Expression | None, *, whole_row: bool = False) -> Iterator[Named]:
        """A bare name that means a source of its query: it follows a rename, and nothing else."""
        span = self.span(name)
        if span is None or source is None or type(source).__name__ != "Table" or scopes.has_alias(source):
            return
        schema = source.args.get("db")
        relation = self.relation(source.this, schema)
        if relation.name not in self.names or (schema is None and scopes.is_cte(source, relation.name)):
            return
        doubt = "the whole row would change the name of its column" if whole_row else ""
        yield Reference(span, relation, Role.OWNER, None, doubt, source=self.span(source.this))

    def row_type(self, node: exp.Expression) -> Iterator[Named]:
        """The row type of a relation, in a cast or as a column's type."""
        kind = node.args.get("kind")
        if type(kind).__name__ == "Identifier" and scopes.named(kind) not in _TYPES and not self.dynamic_parts(kind):
            yield from self.named(kind, None, Role.NAME)
        elif type(kind).__name__ == "Dot" and type(kind.this).__name__ == "Identifier":
            if not self.dynamic_parts(kind.expression, kind.this):
                yield from self.named(kind.expression, kind.this, Role.NAME)


_VERBS = frozenset(("select", "insert", "update", "delete", "merge", "values", "table", "with"))


def _doubt(statement: Statement) -> str:
    """Why unqualified names may mean CTEs that the text does not show, or ""."""
    tokens = statement.tokens
    for index, token in enumerate(tokens[:-1]):
        if token.kind is Kind.HOLE and tokens[index + 1].word in _VERBS:
            before = tokens[index - 1].word if index else ""
            if before in ("", "(", ")"):
                return "what the code puts before the query may define a CTE of that name"
        if token.kind is Kind.HOLE and tokens[index + 1].word == "as" and index:
            if tokens[index - 1].word in ("with", "recursive", ","):
                return "the name of a CTE is known only at run time"
    return ""
