"""What the rules make of each reference of a text: its target, the changes to it, and what speaks against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation, quote
from schema_rewriter.sql import Reference, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter import sql
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Change:
    """Characters of a text and what replaces them."""

    span: Span
    new: str


def changes(
    text: str, reference: Reference, owners: Sequence[Reference], target: Relation, rules: RuleSet
) -> list[Change]:
    """What makes a reference, and the bare names that mean it, name the target: in characters of the text."""
    if target.schema is None:
        raise ValueError(f"a target without a schema: {target}")
    renamed = target.name != reference.relation.name

    def identifier(name: str, at: int) -> str:
        """The name as it can be written at a character of the text: quotes keep it apart from a word before."""
        return quote(name, always=at > 0 and (text[at - 1].isalnum() or text[at - 1] in "_$"))

    followers = [Change(owner.name, identifier(target.name, owner.name.start)) for owner in owners if renamed]
    at = start_of(reference)
    schema, name = identifier(target.schema, at), quote(target.name)
    if reference.role is Role.INDEX:
        return [Change(reference.name, identifier(target.name, reference.name.start))] if renamed else []
    if reference.schema is None:
        if renamed:
            return [Change(reference.name, f"{schema}.{name}"), *followers]
        return [Change(Span(at, at), f"{schema}."), *followers]
    if target.schema in rules.bare and reference.role is not Role.COLUMN and not reference.captured:
        if renamed:
            return [Change(Span(at, reference.name.stop), identifier(target.name, at)), *followers]
        return [Change(Span(at, reference.name.start), ""), *followers]
    moved = [Change(reference.schema, schema)] if target.schema != reference.relation.schema else []
    return [*moved, *([Change(reference.name, name)] if renamed else []), *followers]


def decide(
    read: sql.Reading | None, path: str, rules: RuleSet
) -> Iterator[tuple[Reference, Relation | None, list[Change], str]]:
    """Each reference of a text with its target, the changes that make it right, and what speaks against them.

    The target is None for a reference that stays or is right. The bare names that mean a reference go with it.
    """
    references = [named for named in read.named if isinstance(named, Reference)] if read else []
    owners: dict[Span, list[Reference]] = {}
    for reference in references:
        if reference.role is Role.OWNER and reference.source is not None:
            owners.setdefault(reference.source, []).append(reference)
    doubted: dict[str, str] = {}
    columns_last = sorted(references, key=lambda reference: reference.role is Role.COLUMN)
    for reference in columns_last:
        if reference.role is Role.OWNER:
            continue
        target = rules.target(reference.owner or reference.relation, path, reference.search_path)
        if target is not None and reference.owner is not None:
            target = Relation(target.schema, reference.relation.name)
        if target is None or (reference.role is Role.INDEX and target.name == reference.relation.name):
            yield reference, None, [], ""
            continue
        follow = owners.get(reference.name, [])
        doubt = reference.doubt
        if not doubt and reference.search_path is not None:
            doubt = path_doubt(reference.relation, reference.search_path, rules)
        if target.name != reference.relation.name:
            doubt = doubt or next((owner.doubt for owner in follow if owner.doubt), "")
        if reference.role is Role.COLUMN:  # schema.relation.column says what FROM says, which may stay
            doubt = doubt or doubted.get(reference.relation.name, "")
        elif doubt:
            doubted[reference.relation.name] = doubt
        yield reference, target, changes(read.text if read else "", reference, follow, target, rules), doubt


def path_doubt(relation: Relation, search_path: tuple[str, ...], rules: RuleSet) -> str:
    """Why an unqualified name under another search_path may mean another relation; "" if it can't."""
    source = rules.source(relation, search_path)
    targets = {move.to.schema for move in rules.moves}
    for schema in search_path:
        if source and schema == source.schema:
            return ""
        if schema not in targets and not schema.startswith(("$", "pg_")):
            return f"the search_path set before looks into {quote(schema)} first"
    return ""


def start_of(reference: Reference) -> int:
    """Where a reference begins: at its schema, if it has one; in characters of the text."""
    return reference.schema.start if reference.schema else reference.name.start
