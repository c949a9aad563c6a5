"""The references that sqlglot's tree of a statement shows, by the place of each node in it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.relation import RESERVED, Relation
from schema_rewriter.sql import scopes
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import Named, Reference, Role, UnresolvedName
from schema_rewriter.sql.parse import is_dynamic, is_dynamic_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlglot import exp

    from schema_rewriter.sql.statements import Statement

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
_RELATION_KINDS = frozenset(("TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE", "INDEX", ""))
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
TYPES = frozenset(
    """
        aclitem bit bool box bpchar bytea char cid cidr circle cstring date datemultirange daterange float4
        float8 inet int2 int4 int4range int8 int8range interval json jsonb jsonpath line lseg macaddr
        macaddr8 money name numeric numrange oid path point polygon record refcursor regclass regproc
        regtype text tid time timestamp timestamptz timetz trigger tsquery tsrange tstzrange tsvector
        unknown uuid varbit varchar void xid xid8 xml
        bigint boolean character dec decimal double float int integer nchar numeric real smallint
        """.split()
)


class _Other(enum.Enum):
    """What the tree calls a table and needs no schema."""

    STAYS = "stays"
    ALIAS = "alias"


class Reader:
    """Reads one tree. Not a value: it notes which tokens the tree accounts for, in `seen`."""

    def __init__(self, statement: Statement, names: Collection[str], at: int, doubt: str) -> None:
        self.statement, self.names, self.at, self.doubt = statement, names, at, doubt
        self.tokens = {token.start: token for token in statement.tokens}
        self.seen: set[int] = set()

    def tables(self, tree: exp.Expr) -> Iterator[Named]:
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

    def table(self, node: exp.Expr) -> Iterator[Named]:
        name, schema = node.args.get("this"), node.args.get("db")
        if type(name).__name__ != "Identifier":
            return  # a function in FROM, or CREATE SCHEMA
        role = self.role(node)
        if role is _Other.STAYS:
            return
        if role is _Other.ALIAS:
            yield from self.owner(name, scopes.source(node, scopes.named(name)))
        elif not isinstance(role, Role):
            if scopes.named(name) in self.names and (span := self.span(name)) is not None:
                yield UnresolvedName(
                    span,
                    "unparsed-sql",
                    "it stands where no relation is expected",
                    self.relation(name, schema),
                )
        elif not (role is Role.READ and schema is None and scopes.is_cte(node, scopes.named(name))):
            yield from self.named(name, schema, role)

    def role(self, node: exp.Expr) -> Role | _Other | None:
        """What the place of a table in the tree makes of it; None for a place that is not known."""
        parent, key = node.parent, node.arg_key or ""
        if parent is not None and type(parent).__name__ == "Schema" and key == "this":
            key = parent.arg_key or ""
            parent = parent.parent
        place = (type(parent).__name__, key)
        if place in _STAYS:
            return _Other.STAYS
        if place == ("Lock", "expressions"):
            return _Other.ALIAS
        if place in _BY_KIND and parent is not None:
            kind = str(parent.args.get("kind") or "").upper()
            if kind not in _RELATION_KINDS:
                return _Other.STAYS
            temporary = place[0] == "Create" and any(
                type(prop).__name__ == "TemporaryProperty"
                for prop in getattr(parent.args.get("properties"), "expressions", ())
            )
            return _Other.STAYS if temporary else _BY_KIND[place]
        if place == ("Into", "this") and parent is not None and parent.args.get("temporary"):
            return _Other.STAYS
        if place == ("Copy", "this") and parent is not None:
            return Role.WRITE if parent.args.get("kind") else Role.READ
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
                yield UnresolvedName(whole, "dynamic-relation", "only the running program knows this name", known)
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
        return is_dynamic_name(token)

    def column(self, node: exp.Expr) -> Iterator[Named]:
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

    def owner(self, name: Any, source: exp.Expr | None, *, whole_row: bool = False) -> Iterator[Named]:
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

    def row_type(self, node: exp.Expr) -> Iterator[Named]:
        """The row type of a relation, in a cast or as a column's type."""
        kind: Any = node.args.get("kind")
        if type(kind).__name__ == "Identifier" and scopes.named(kind) not in TYPES and not self.dynamic_parts(kind):
            yield from self.named(kind, None, Role.TYPE)
        elif type(kind).__name__ == "Dot" and type(kind.this).__name__ == "Identifier":
            parts = kind.expression, kind.this
            if not self.dynamic_parts(*parts):
                yield from self.named(kind.expression, kind.this, Role.TYPE)
