"""schema-rewrite moves PostgreSQL tables between schemas together with all the code that names them."""

from schema_rewriter.edit import Edit, Span
from schema_rewriter.errors import ConfigError, FileError, RuleError, SchemaRewriteError
from schema_rewriter.finding import CODES, Applicability, FileResult, Finding, Report
from schema_rewriter.relation import Relation
from schema_rewriter.rewrite import rewrite
from schema_rewriter.ruleset import Move, RuleSet

__version__ = "0.1.0"

__all__ = [
    "CODES",
    "Applicability",
    "ConfigError",
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
    "rewrite",
]
