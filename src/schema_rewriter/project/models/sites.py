"""Every place of a run that names a table to an ORM, with the edits that it needs; knows no group of places."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Edit, Span
from schema_rewriter.errors import in_file
from schema_rewriter.hosts import orm_rows
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.hosts.orm import TableClass, TableName, Text
    from schema_rewriter.hosts.slot import Slot
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.models.classes import Classes
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Site:
    """A place of `path` that names a table which moves: its bytes, and the edits, or why there are none (`problem`).

    `advice` is what a person writes instead. `defines`: the place defines the table. `is_alone`: it hangs
    together with no model.
    """

    path: str
    span: Span
    line: int
    relation: Relation
    target: Relation
    edits: tuple[Edit, ...] = ()
    problem: str = ""
    advice: str = ""
    defines: bool = False
    is_alone: bool = False


def sites(files: Iterable[Facts], classes: Classes, rules: RuleSet) -> Iterator[Site]:
    """All places of the files that name tables which move."""
    for file in files:
        with in_file(file.path):
            for model in file.orm.classes:
                yield from _of_class((file.path, model.slot), model, classes, rules)
            for name in file.orm.names:
                if (said := written(file.path, name, classes)) and classes.origins.takes_table(file.path, name):
                    is_alone = orm_rows.rows()[name.row].is_alone
                    if orm_rows.rows()[name.row].inherits and classes.is_base((file.path, name.home)):
                        said = replace(said, problem="classes that inherit from it get its schema, too")
                    found = _of_name(file.path, said, classes, rules)
                    yield from (replace(site, is_alone=True) for site in found) if is_alone else found


def written(path: str, name: TableName, classes: Classes) -> TableName | None:
    """A name in a call with its text, where code puts that together; None where the text is not known."""
    if not name.literal.pieces:
        return name
    text = classes.text(path, name.literal.pieces)
    return replace(name, literal=replace(name.literal, text=text)) if text else None


def _of_class(node: Node, model: TableClass, classes: Classes, rules: RuleSet) -> Iterator[Site]:
    """The place where a class defines a table, or names the schema of one."""
    called = classes.called(node)
    if called is None:
        return
    home = classes.source_of_args(node)
    args = classes.models[home] if home is not None else model
    given = args.args.value if args.args is not None else classes.constant((home or node)[0], args.constant)
    schema = given if given is not None else classes.schema_of(node)
    relation = Relation(schema or None, called.name)
    target = rules.target(relation, node[0])
    if target is None:
        return
    place = called.literal or model.name
    advice = _advice(args if home is not None else model, target, rules)
    problem = called.doubt or args.problem
    if schema is None:
        problem = problem or _UNKNOWN
    if called.literal is None and target.name != relation.name:
        problem = problem or "its table is called by its class, and gets another name"
    if home is not None and home != node and not problem:
        problem = _shared(home, target, classes, rules)
        if home[0] != node[0]:  # told and edited where its table arguments are
            there, edits = classes.models[home].name, _put(args.args, target, rules)
            problem = problem or ("" if edits else _UNWRITABLE)
            yield Site(
                home[0],
                there.span,
                there.line,
                relation,
                target,
                () if problem else edits,
                problem,
                advice,
                defines=True,
            )
            return
    edits = _put(args.args, target, rules) if not problem else ()
    if not problem and not edits:
        problem = _UNWRITABLE
    if called.literal is not None and target.name != relation.name:
        content = called.literal.content
        edits = (*edits, Edit(content, target.name.encode())) if content is not None else ()
        problem = problem or ("" if edits else "the name is written in a form that can't be edited")
    made = edits if not problem else ()
    yield Site(node[0], place.span, place.line, relation, target, made, problem, advice, defines=True)


def _put(slot: Slot | None, target: Relation, rules: RuleSet) -> tuple[Edit, ...]:
    edit = slot.leads_to(target, rules.bare) if slot is not None else None
    return (edit,) if edit is not None else ()


def _shared(home: Node, target: Relation, classes: Classes, rules: RuleSet) -> str:
    """Why a mixin's table arguments can't be edited: not all that have them move to one schema."""
    for other in classes.models:
        if other != home and classes.source_of_args(other) == home and (called := classes.called(other)) is not None:
            given = classes.models[home].args
            schema = given.value if given is not None and given.value is not None else classes.schema_of(other)
            moved = rules.target(Relation(schema or None, called.name), other[0])
            if moved is None or moved.schema != target.schema:
                name = classes.models[home].name.text
                return f"it has the table arguments of {name}, as {called.name} has, which does not move there"
    return ""


def _advice(model: TableClass, target: Relation, rules: RuleSet) -> str:
    if target.schema in rules.bare:
        return "take the schema out of its __table_args__"
    if model.has_args:
        return f"put {{'schema': {target.schema!r}}} into its __table_args__; in a tuple, as the last element"
    return f"write __table_args__ = {{'schema': {target.schema!r}}}"


def _of_name(path: str, name: TableName, classes: Classes, rules: RuleSet) -> Iterator[Site]:
    """The place where a call names a table."""
    parts = name.literal.text.split(".")
    if name.takes == "column":
        parts = parts[:-1]
    if name.takes in ("table", "sequence"):
        yield from _of_call(path, name, classes, rules)
        return
    if not 1 <= len(parts) <= 2 or not all(parts):
        return
    schema = parts[0] if len(parts) == 2 else _own_schema(path, name, classes) if name.takes == "column" else ""
    relation = Relation(schema or None, parts[-1])
    target = rules.target(relation, path)
    if target is None:
        return
    new = target.name if target.schema in rules.bare else f"{target.schema}.{target.name}"
    tail = name.literal.text[len(".".join(parts)) :]
    problem, edits = "", _key_edits(name.literal, parts, target, rules)
    if name.takes == "code" and not all(part.isidentifier() and not keyword.iskeyword(part) for part in new.split(".")):
        problem = "code in a string can't say that name"
    elif edits is None:
        problem = (
            "code puts the name together" if name.literal.pieces else "the string can't be edited as it is written"
        )
    advice = f"write {new + tail!r}"
    yield Site(
        path, name.literal.span, name.literal.line, relation, target, () if problem else edits or (), problem, advice
    )


def _own_schema(path: str, name: TableName, classes: Classes) -> str | None:
    """The schema that a key without one gets from the collection of the table around it."""
    if name.metadata and name.metadata != "?":
        return classes.schema_at(path, name.metadata)
    node = (path, name.home)
    return classes.schema_of(node) if name.home and node in classes.models else ""


def _key_edits(literal: Text, parts: list[str], target: Relation, rules: RuleSet) -> tuple[Edit, ...] | None:
    """The edits of a key; None where it can't be edited."""
    content, schema = literal.content, target.schema or ""
    if content is None or not _is_plain(schema) or not _is_plain(target.name):
        return None
    at = content.start
    edits: list[Edit] = []
    qualifier = f"{parts[0]}." if len(parts) == 2 else ""
    wanted = "" if schema in rules.bare else f"{schema}."
    if qualifier != wanted:
        edits.append(Edit(Span(at, at + len(qualifier.encode())), wanted.encode()))
    start = at + len(qualifier.encode())
    if target.name != parts[-1]:
        edits.append(Edit(Span(start, start + len(parts[-1].encode())), target.name.encode()))
    return tuple(edits)


def _is_plain(name: str) -> bool:
    """Whether a name means itself in a key, and in any string."""
    return name.isascii() and name.isprintable() and _SPECIAL.isdisjoint(name)


_UNKNOWN = "only the running program knows the schema of its MetaData"
_UNWRITABLE = "the schema can't be written there"
_SPECIAL = frozenset("\"'\\{}.")


def _of_call(path: str, name: TableName, classes: Classes, rules: RuleSet) -> Iterator[Site]:
    """A call that takes a table's name, and its schema by a keyword."""
    given = name.slot.value if name.slot is not None else classes.constant(path, name.constant)
    schema: str | None = given
    if schema is None and name.metadata:
        schema = classes.schema_at(path, name.metadata) if name.metadata != "?" else ""
        name_problem = _UNKNOWN if schema is None else ""
    else:
        name_problem = ""
    relation = Relation(schema or None, name.literal.text)
    target = rules.target(relation, path)
    if target is None and name.takes == "sequence":
        target = _of_owner(relation, path, classes, rules)
    if target is None:
        return
    edits = _put(name.slot, target, rules)
    others = {rules.target(Relation(schema or None, one), path) for one in name.beside}
    if any(one is None or one.schema != target.schema for one in others):
        name_problem = "its schema holds for names beside it, which do not move there"
    problem = name.problem or name_problem or ("" if edits else _UNWRITABLE)
    if target.name != relation.name:
        content = name.literal.content
        if content is None or not _is_plain(target.name):
            problem = problem or "the name is written in a form that can't be edited"
        else:
            edits = (*edits, Edit(content, target.name.encode()))
    wanted = f"{orm_rows.rows()[name.row].schema}={target.schema!r}"
    advice = "take its schema away" if target.schema in rules.bare else f"write {wanted} into the call"
    defines = bool(name.metadata)
    made = edits if not problem else ()
    yield Site(path, name.literal.span, name.literal.line, relation, target, made, problem, advice, defines=defines)


def _of_owner(sequence: Relation, path: str, classes: Classes, rules: RuleSet) -> Relation | None:
    """Where a sequence moves whose name is that which PostgreSQL gives to one of a serial column of a class's table."""
    if not sequence.name.endswith("_seq"):
        return None
    for node in classes.models:
        called = classes.called(node)
        if called is None or not sequence.name.startswith(f"{called.name}_"):
            continue
        column = sequence.name.removeprefix(f"{called.name}_").removesuffix("_seq")
        if column in (name for one in classes.lineage(node) for name in classes.models[one].columns):
            target = rules.target(Relation(sequence.schema or classes.schema_of(node) or None, called.name), path)
            return Relation(target.schema, sequence.name) if target is not None else None
    return None
