"""Django's models, applications, databases and migrations, as far as they are written out; by Python's own parser.

Sources: Django's documentation, "Model Meta options", "Application configuration", "DATABASES", "Migration operations".
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.hosts.django import (
    ABSTRACT,
    FIELDS,
    META,
    NO_DJANGO,
    PROXY,
    UNMANAGED,
    Application,
    Database,
    DjangoFile,
    ManyToMany,
    ModelClass,
    Operation,
)
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.syntax import Syntax

_WORTH = re.compile(rb"\bclass\s+\w+\s*\(|\bDATABASES\b")
_CLASS = re.compile(rb"class\s+(\w+)")
_MANY = "ManyToManyField"


def read(syntax: Syntax) -> DjangoFile:
    """All that a file says; nothing for one that can't be parsed."""
    if not _WORTH.search(syntax.source) or (placed := syntax.placed) is None:
        return NO_DJANGO
    module, places = placed
    classes = [node for node in _statements(module.body) if isinstance(node, ast.ClassDef) and node.bases]
    return DjangoFile(
        tuple(found for node in classes if (found := _model(node, syntax.source, places)) is not None),
        tuple(_application(node) for node in classes if _is_application(node)),
        tuple(_databases(module, places)) if b"DATABASES" in syntax.source else (),
        tuple(one for node in classes if _is_migration(node) for one in _operations(_value(node, "operations"))),
    )


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, whatever it tests or tries before."""
    for one in body:
        yield one
        for part in ("body", "orelse", "handlers", "finalbody") if not isinstance(one, _INNER) else ():
            below = getattr(one, part, ())
            yield from _statements(item for item in below if isinstance(item, ast.stmt))


_INNER = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _model(node: ast.ClassDef, source: bytes, places: Places) -> ModelClass | None:
    span = places.span(node)
    name = _CLASS.search(source, span.start, span.stop) if span is not None else None
    if name is None:
        return None
    meta = next((one for one in node.body if isinstance(one, ast.ClassDef) and one.name == "Meta"), None)
    options = dict(_assigned(meta.body)) if meta is not None else {}
    fields = dict(_assigned(node.body))
    traits = {key for key in (ABSTRACT, PROXY) if _is(options.get(key), said=True)}
    traits |= {UNMANAGED} if _is(options.get("managed"), said=False) else set()
    traits |= {META} if meta is not None and not meta.bases else set()
    traits |= {FIELDS} if any(map(_is_field, fields.values())) else set()
    table = options.get("db_table")
    at = places.span(table) if isinstance(table, ast.Constant) else None
    many = tuple(found for key, value in fields.items() if (found := _many(key, value, places)) is not None)
    where = at or Span(*name.span(1))
    return ModelClass(
        f":{node.name}", node.name, where, _text(options.get("app_label")), _text(table), frozenset(traits), many
    )


def _is_field(value: ast.expr) -> bool:
    """Whether a value is a field, as all code writes them: models.CharField(..)."""
    return isinstance(value, ast.Call) and re.match(r"(?:\w+\.)*models\.\w+", ast.unparse(value.func)) is not None


def _many(name: str, value: ast.expr, places: Places) -> ManyToMany | None:
    """A field with a table that Django makes: one with `through` has the table of that model."""
    if not isinstance(value, ast.Call) or not last(value.func).endswith(_MANY) or _keyword(value, "through"):
        return None
    table = _keyword(value, "db_table")
    span = places.span(table or value)
    return ManyToMany(name, _text(table), span) if span is not None else None


def _is_application(node: ast.ClassDef) -> bool:
    return any(last(base).endswith("AppConfig") for base in node.bases)


def _application(node: ast.ClassDef) -> Application:
    return Application(_text(_value(node, "name")), _text(_value(node, "label")))


def _is_migration(node: ast.ClassDef) -> bool:
    return node.name == "Migration" and any(last(base) == "Migration" for base in node.bases)


def _operations(every: ast.expr | None) -> Iterator[Operation]:
    """What a list of operations does to models and their tables."""
    for call in every.elts if isinstance(every, ast.List | ast.Tuple) else ():
        if not isinstance(call, ast.Call):
            continue
        kind = last(call.func)
        if kind == "SeparateDatabaseAndState":
            yield from _operations(_argument(call, 1, "state_operations"))
        elif kind == "CreateModel":
            yield from _created(call)
        elif kind in _STEPS:
            model, name, table = (_argument(call, at, word) if word else None for at, word in enumerate(_STEPS[kind]))
            said = _text(model), _text(name), table
            if not said[0]:
                continue
            if kind != "AddField":
                yield Operation(kind, said[0], said[1] or "", _text(table))
            elif isinstance(table, ast.Call) and last(table.func).endswith(_MANY):
                yield from _many_made(said[0], said[1] or "", table)


_STEPS = {
    "DeleteModel": ("name", "", ""),
    "RenameModel": ("old_name", "new_name", ""),
    "AlterModelTable": ("name", "table", ""),
    "AddField": ("model_name", "name", "field"),
    "RemoveField": ("model_name", "name", ""),
    "RenameField": ("model_name", "old_name", "new_name"),
}
"""Operations by their names, each with the names of its arguments in order: of which the first is the model's."""


def _created(call: ast.Call) -> Iterator[Operation]:
    name, options = _text(_argument(call, 0, "name")), _argument(call, 2, "options")
    if not name:
        return
    said = dict(_entries(options))
    if _is(said.get("proxy"), said=True):
        return
    yield Operation("CreateModel", name, "", _text(said.get("db_table")))
    fields = _argument(call, 1, "fields")
    for pair in fields.elts if isinstance(fields, ast.List | ast.Tuple) else ():
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and isinstance(pair.elts[1], ast.Call):
            yield from _many_made(name, _text(pair.elts[0]) or "", pair.elts[1])


def _many_made(model: str, name: str, field: ast.Call) -> Iterator[Operation]:
    if last(field.func).endswith(_MANY) and not _keyword(field, "through"):
        yield Operation("AddField", model, name, _text(_keyword(field, "db_table")))


def _databases(module: ast.Module, places: Places) -> Iterator[Database]:
    """The entries of DATABASES, however they are assigned."""
    for node in _statements(module.body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is None:
            continue
        if isinstance(target, ast.Subscript) and last(target.value) == "DATABASES":
            yield from _database(_text(target.slice) or "", target.slice, value, places)
        elif last(target) == "DATABASES":
            entries = list(_entries(value))
            keys = value.keys if isinstance(value, ast.Dict) and len(entries) == len(value.keys) else ()
            for number, (alias, entry) in enumerate(entries):
                yield from _database(alias, keys[number] if keys else entry, entry, places)
            if not entries:
                yield from _database("", value, value, places)


def _database(alias: str, at: ast.expr | None, entry: ast.expr, places: Places) -> Iterator[Database]:
    said = dict(_entries(entry))
    span = places.span(at if at is not None and said else entry)
    if span is None or (isinstance(entry, ast.Dict) and not said):
        return
    options, kind = said.get("OPTIONS"), "none" if said else "code"
    if options is not None:
        within = dict(_entries(options))
        kind = "options" if "options" in within else "some" if isinstance(options, ast.Dict) else "code"
    yield Database(alias, span, _text(said.get("ENGINE")) if said else "", kind)


def _entries(node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """The entries of a mapping that is written out, by their keys: {..} or dict(..)."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Call) and last(node.func) == "dict":
        yield from ((one.arg, one.value) for one in node.keywords if one.arg is not None)


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for one in body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, one.value
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value is not None:
            yield one.target.id, one.value


def _value(node: ast.ClassDef, name: str) -> ast.expr | None:
    return dict(_assigned(node.body)).get(name)


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    return call.args[position] if position < len(call.args) else _keyword(call, name)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _text(node: ast.expr | None) -> str | None:
    """A text that is written out; "" for what is not, None for nothing."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is(node: ast.expr | None, *, said: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is said
