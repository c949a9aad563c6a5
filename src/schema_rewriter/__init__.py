"""schema-rewrite moves PostgreSQL tables between schemas together with all the code that names them."""

from __future__ import annotations

from schema_rewriter.version import VERSION as __version__  # noqa: N811 - the name that PEP 396 made usual

TYPE_CHECKING = False  # what typing has costs a tenth of the start
if TYPE_CHECKING:
    from typing import Any

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.errors import ConfigError, DatabaseError, FileError, RuleError, SchemaRewriteError
    from schema_rewriter.finding import CODES, Applicability, FileResult, Finding, Report, Suppressed
    from schema_rewriter.relation import Relation
    from schema_rewriter.rewriting.rewriter import rewrite
    from schema_rewriter.rules import Move, RuleSet, parse_rules

_HOMES = {
    "Edit": "edit",
    "Span": "edit",
    "ConfigError": "errors",
    "DatabaseError": "errors",
    "FileError": "errors",
    "RuleError": "errors",
    "SchemaRewriteError": "errors",
    "CODES": "finding",
    "Applicability": "finding",
    "FileResult": "finding",
    "Finding": "finding",
    "Report": "finding",
    "Suppressed": "finding",
    "Relation": "relation",
    "parse_rules": "rules",
    "rewrite": "rewriting.rewriter",
    "Move": "rules",
    "RuleSet": "rules",
}

__all__ = [
    "CODES",
    "Applicability",
    "ConfigError",
    "DatabaseError",
    "Edit",
    "FileError",
    "FileResult",
    "Finding",
    "Move",
    "Relation",
    "Report",
    "RuleError",
    "RuleSet",
    "SchemaRewriteError",
    "Span",
    "Suppressed",
    "__version__",
    "parse_rules",
    "rewrite",
]


def __getattr__(name: str) -> Any:
    """A public name, from its home (PEP 562): the command line must not pay for what it does not use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
