"""Classes and calls that define tables: SQLAlchemy's and Django's models, by Python's own parser. Knows no SQL.

Read is what is written out in the class itself; what a base class or a mixin adds is not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter.hosts.host import Model, TableRename
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.syntax import Syntax


def models(syntax: Syntax) -> Iterator[Model]:
    """The tables that the classes and the calls of `Table` in a file define; nothing for what can't be parsed."""
    if (placed := syntax.placed) is None:
        return
    module, places = placed
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            found = _class(node)
        elif isinstance(node, ast.Call) and last(node.func) == "Table" and len(node.args) > 1:
            found = _table(node)
        else:
            continue
        if found is not None:
            kind, schema, name, columns, whole, managed = found
            if (span := places.span(name)) is not None:
                yield Model(kind, schema, str(name.value), tuple(columns), whole, name.lineno, span, managed)


def renames(syntax: Syntax) -> Iterator[TableRename]:
    """The calls of Alembic's rename_table."""
    if (placed := syntax.placed) is None:
        return
    module, places = placed
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and last(node.func) == "rename_table"):
            continue
        first, second = [*node.args[:2], None, None][:2]
        old, new = first or _keyword(node, "old_table_name"), second or _keyword(node, "new_table_name")
        schema = _keyword(node, "schema")
        if isinstance(old, ast.Constant) and isinstance(new, ast.Constant) and (span := places.span(old)) is not None:
            home = str(schema.value) if isinstance(schema, ast.Constant) and schema.value else None
            yield TableRename(home, str(old.value), str(new.value), old.lineno, span)


_Found = tuple[str, str | None, ast.Constant, list[tuple[str, str]], bool, bool]
_PLAIN_BASES = ("Base", "Model", "DeclarativeBase", "SQLModel", "Declarative")


def _class(node: ast.ClassDef) -> _Found | None:
    assigned = dict(_assigned(node.body))
    plain = all(last(base) in _PLAIN_BASES for base in node.bases) and len(node.bases) == 1
    name = assigned.get("__tablename__")
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        columns = [found for key, value in assigned.items() if (found := _column(key, value))]
        return "SQLAlchemy", _schema(assigned.get("__table_args__")), name, columns, plain, True
    meta = next((item for item in node.body if isinstance(item, ast.ClassDef) and item.name == "Meta"), None)
    options = dict(_assigned(meta.body)) if meta else {}
    name = options.get("db_table")
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        fields = [found for key, value in assigned.items() if (found := _field(key, value))]
        keys = [value for value in assigned.values() if isinstance(value, ast.Call) and _flag(value, "primary_key")]
        own = options.get("managed")
        managed = not (isinstance(own, ast.Constant) and own.value is False)
        return "Django", None, name, fields if keys else [("id", ""), *fields], plain, managed
    return None


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            yield statement.target.id, statement.value


def _table(node: ast.Call) -> _Found | None:
    name = node.args[0]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    columns = [found for value in node.args[2:] if (found := _column("", value))]
    whole = bool(columns) and not any(isinstance(value, ast.Starred) for value in node.args)
    return "SQLAlchemy", _text(_keyword(node, "schema")), name, columns, whole, True


def _schema(args: ast.expr | None) -> str | None:
    """The schema in __table_args__: a dict, or a tuple that ends in one."""
    if isinstance(args, ast.Tuple) and args.elts:
        args = args.elts[-1]
    if isinstance(args, ast.Dict):
        for key, value in zip(args.keys, args.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "schema":
                return _text(value)
    return None


_ALCHEMY = {
    "Integer": "integer",
    "BigInteger": "bigint",
    "SmallInteger": "smallint",
    "Text": "text",
    "UnicodeText": "text",
    "Boolean": "boolean",
    "Float": "double precision",
    "Date": "date",
    "JSON": "json",
    "JSONB": "jsonb",
    "LargeBinary": "bytea",
    "UUID": "uuid",
    "Uuid": "uuid",
}
_DJANGO = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "IntegerField": "integer",
    "BigIntegerField": "bigint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "BooleanField": "boolean",
    "FloatField": "double precision",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "JSONField": "jsonb",
    "BinaryField": "bytea",
    "UUIDField": "uuid",
}


def _column(key: str, value: ast.expr) -> tuple[str, str] | None:
    """The name and the type of a Column(..) or mapped_column(..)."""
    if not isinstance(value, ast.Call) or last(value.func) not in ("Column", "mapped_column"):
        return None
    arguments = list(value.args)
    named = _text(arguments[0]) if arguments else None
    if named is not None:
        arguments = arguments[1:]
    name = named or _text(_keyword(value, "name")) or key
    kind = arguments[0] if arguments else _keyword(value, "type_")
    return (name, _alchemy(kind)) if name else None


def _alchemy(kind: ast.expr | None) -> str:
    name = last(kind.func if isinstance(kind, ast.Call) else kind) if kind is not None else ""
    if name in ("String", "Unicode", "VARCHAR"):
        length = (kind.args[0] if kind.args else _keyword(kind, "length")) if isinstance(kind, ast.Call) else None
        return _sized("character varying", length)
    if name in ("DateTime", "TIMESTAMP"):
        return "timestamp with time zone" if isinstance(kind, ast.Call) and _flag(kind, "timezone") else "timestamp"
    return _ALCHEMY.get(name, "")


def _field(key: str, value: ast.expr) -> tuple[str, str] | None:
    """The name and the type of a field of a Django model."""
    if not isinstance(value, ast.Call):
        return None
    kind = last(value.func)
    if not kind.endswith(("Field", "ForeignKey")) or kind == "ManyToManyField":
        return None
    named = _text(_keyword(value, "db_column"))
    if kind in ("ForeignKey", "OneToOneField"):
        return named or f"{key}_id", ""
    if kind == "CharField":
        return named or key, _sized("character varying", _keyword(value, "max_length"))
    return named or key, _DJANGO.get(kind, "")


def _sized(name: str, length: ast.expr | None) -> str:
    if length is None:
        return name
    return f"{name}({length.value})" if isinstance(length, ast.Constant) and isinstance(length.value, int) else ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _flag(call: ast.Call, name: str) -> bool:
    value = _keyword(call, name)
    return isinstance(value, ast.Constant) and value.value is True
