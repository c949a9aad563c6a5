"""The use of a relation as a value, and what its name means by the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from schema_rewriter.edit import Span
    from schema_rewriter.reading import SourceFile

OPERATIONS = ("define", "drop", "write", "read", "name")
"""What a statement does with a relation: "name" is all else, such as ALTER, an index or a foreign key."""

IN_CODE = "name in code"
"""The idiom of a name that stands by itself in a literal, from which it gets into SQL."""


@dataclass(frozen=True, slots=True)
class Use:
    """A place that names a relation; `span` is in bytes of the file, from the schema, if there is one, to the name.

    `written` is the relation as it stands there; an empty name: only the running program knows it, and `reason` holds
    its expression. `relation` is qualified: what the name means before the move, by the search_path. `target` is where
    it moves, None if it stays, or is there already. `operation` is one of OPERATIONS; `idiom` tells how the SQL is
    carried ("literal", "f-string", ".sql file" ...), `within` which call or name it is given to. Where `confident` is
    false, `reason` tells why: the text may be none of SQL, or the name none of a relation.
    """

    written: Relation
    relation: Relation
    target: Relation | None
    span: Span
    operation: str
    idiom: str
    within: str = ""
    confident: bool = True
    reason: str = ""

    @property
    def dynamic(self) -> bool:
        """Whether only the running program knows the name."""
        return not self.written.name


@dataclass(frozen=True, slots=True)
class Uses:
    """All uses of a file, in the order of its bytes; `error` is one line for a file that can't be read."""

    path: str
    found: tuple[Use, ...] = ()
    error: str | None = None


def use_of(
    written: Relation,
    file: SourceFile,
    span: Span,
    operation: str,
    idiom: str,
    within: str = "",
    *,
    search_path: tuple[str, ...] | None = None,
) -> Use:
    """The use that a name at a place of a file is; one without a schema means one of the search_path."""
    rules = file.rules
    relation = rules.source(written, search_path)
    if relation is None and written.schema is None:
        schemas = [schema for schema in search_path or rules.search_path if not schema.startswith(("$", "pg_"))]
        relation = Relation(schemas[0] if schemas else "public", written.name)
    target = rules.target(written, file.path, search_path)
    return Use(written, relation or written, target, span, operation, idiom, within)
