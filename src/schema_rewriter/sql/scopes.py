"""Which names of a statement hide relations: CTEs, and the sources that a column's owner means.

Source: PostgreSQL manual, SELECT, "WITH Clause": a CTE is visible in its query and in the CTEs after it, with
RECURSIVE in all of them and in itself. The target of INSERT, UPDATE, DELETE and MERGE is never a CTE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema_rewriter.relation import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp


def named(identifier: Any) -> str:
    """The folded name that one of sqlglot's identifiers stands for ("" if it is none)."""
    name = getattr(identifier, "name", "")
    if not name:
        return ""
    return fold('"' + name.replace('"', '""') + '"') if identifier.args.get("quoted") else fold(name)


def ancestors(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Each ancestor, from the inside, with its child on the way to the node."""
    child: exp.Expr = node
    while (parent := child.parent) is not None:
        yield parent, child
        child = parent


def is_cte(table: exp.Expr, name: str) -> bool:
    """Whether an unqualified name at this place of the tree means a CTE."""
    within: exp.Expr | None = None
    for parent, child in ancestors(table):
        if type(parent).__name__ == "With":
            within = child
            continue
        clause = parent.args.get("with_")
        if clause is None:
            continue
        inside = child is clause
        for cte in clause.expressions:
            if inside and cte is within and not clause.args.get("recursive"):
                break
            if named(cte.args["alias"].this) == name:
                return True
    return False


_QUERIES = ("Select", "Insert", "Update", "Delete", "Merge", "Create", "Alter")


def source(node: exp.Expr, owner: str) -> exp.Expr | None:
    """The FROM item, target or CTE that a column's owner means, from the innermost query on outwards."""
    for parent, _ in ancestors(node):
        if type(parent).__name__ in _QUERIES:
            for item in _sources(parent):
                if _exposed(item) == owner:
                    return item
    return None


def _sources(query: exp.Expr) -> Iterator[exp.Expr]:
    """What a query reads and writes, in any order."""
    for key in ("from_", "this", "using"):
        for item in _listed(query.args.get(key)):
            yield from _flat(item)
    for key in ("joins", "laterals"):
        for item in query.args.get(key) or ():
            yield from _flat(item)


def _flat(item: exp.Expr) -> Iterator[exp.Expr]:
    kind = type(item).__name__
    if kind in ("From", "Join", "Schema", "Index"):
        inner = item.args.get("table") if kind == "Index" else item.this
        if inner is not None:
            yield from _flat(inner)
    elif kind == "Subquery" and not _alias(item) and type(item.this).__name__ == "Table":
        yield from _flat(item.this)  # a join in parentheses
    else:
        yield item
    for join in item.args.get("joins") or ():
        yield from _flat(join)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if hasattr(value, "args") else []


def _alias(item: exp.Expr) -> str:
    alias = item.args.get("alias")
    return named(getattr(alias, "this", None)) if hasattr(alias, "args") else ""


def _exposed(item: exp.Expr) -> str:
    """The name by which columns may name their owner."""
    return _alias(item) or (named(item.this) if type(item).__name__ == "Table" else "")


def is_assigned(column: exp.Expr) -> bool:
    """Whether a column is the target of SET column = ..."""
    parent = column.parent
    if parent is None or type(parent).__name__ != "EQ" or column.arg_key != "this":
        return False
    return type(parent.parent).__name__ == "Update"


def has_alias(item: exp.Expr) -> bool:
    """Whether a source is named by an alias."""
    return bool(_alias(item))
