"""What tests in code tell of the database: `engine == "sqlite"`, `isinstance(engine, SqliteEngine)`, `if is_mysql`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAG = re.compile(r"_?(?:is|use|uses|using|on|with|for)?_?(?:db_)?([a-z]+3?)(?:_db|_engine|_dialect|_backend)?\Z")

Outcome = tuple[str | None, str | None]
"""What holds where a test is true, and where it is false: the other system, "" for PostgreSQL, None if not told."""


def word(node: ast.AST | None) -> str | None:
    """The system that a constant, or each of several, names; None if it names none."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return together([word(element) for element in node.elts])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return engines.by_word(re.split(r"[+:]", node.value.lower())[0])
    return _class(node) if isinstance(node, ast.Attribute) else None  # Engine.SQLITE


def together(systems: Sequence[str | None]) -> str | None:
    """What holds of any of several: the other systems' names, if none of them is PostgreSQL."""
    if not systems or any(system is None for system in systems):
        return None
    if all(systems):
        return ", ".join(dict.fromkeys(system or "" for system in systems))
    return None if any(systems) else engines.OURS


def outcome(node: ast.expr) -> Outcome:
    """What a test tells of the database."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        true, false = outcome(node.operand)
        return false, true
    if isinstance(node, ast.BoolOp):
        tests = [outcome(value) for value in node.values]
        told_true = [true for true, _ in tests if true is not None]
        told_false = [false for _, false in tests if false is not None]
        if isinstance(node.op, ast.And):
            return (told_true[0] if told_true else None), None
        return together([true for true, _ in tests]), (told_false[0] if told_false else None)
    system = _named(node)
    if system is None:
        return None, None
    positive = (system, None) if system else (engines.OURS, "another system")
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.NotEq, ast.IsNot, ast.NotIn)):
        return positive[1], positive[0]
    return positive


def _class(node: ast.AST | None) -> str | None:
    """The system that the name of a class or of an enum's member says."""
    if isinstance(node, ast.Tuple):
        return together([_class(element) for element in node.elts])
    return engines.by_type(last(node)) if last(node) else None


def _named(node: ast.expr) -> str | None:
    """The system whose being the database a test asks for; None if it is no such test."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = word(node.left), word(node.comparators[0])
        return right if left is None else left
    if isinstance(node, ast.Call):
        name = last(node.func)
        if name == "isinstance" and len(node.args) == 2:
            return _class(node.args[1])
        if name == "startswith" and node.args:
            return word(node.args[0])
        node = node.func
    found = _FLAG.match(last(node).lower())
    return engines.by_word(found[1]) if found else None
