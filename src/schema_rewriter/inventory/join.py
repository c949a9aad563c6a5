"""Which relations a project has, and who does what with them: the uses of all files, joined. Opens nothing.

A use that is not sure counts where some other place of the project shows that there is such a relation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.inventory.uses import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from schema_rewriter.finding import Notice
    from schema_rewriter.inventory.uses import Use
    from schema_rewriter.relation import Relation


@dataclass(frozen=True, slots=True)
class Entry:
    """A use with its place; line and column from 1 on. `through` is the index or sequence that it names instead."""

    path: str
    line: int
    column: int
    use: Use
    through: str = ""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What one file shows: its uses, and the indexes and sequences that it makes, with the relations they belong to.

    `types` are the names of the enums, domains and other types that it makes.
    """

    path: str
    entries: tuple[Entry, ...] = ()
    owned: tuple[tuple[str, Relation], ...] = ()
    error: str | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """One relation, with how many places do what with it, and in which files, in path order."""

    relation: Relation
    target: Relation | None
    counts: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, frozenset[str]], ...]

    @property
    def places(self) -> int:
        """How many places name it."""
        return sum(count for _, count in self.counts)

    def who(self, operation: str) -> tuple[str, ...]:
        """The files that do this with it."""
        return tuple(path for path, operations in self.files if operation in operations)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of a project. `entries` are in the order of relation, path and line, `dynamic` those without a name.

    `notices` are about the run that made it.
    """

    entries: tuple[Entry, ...] = ()
    dynamic: tuple[Entry, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    read: int = 0
    notices: tuple[Notice, ...] = ()

    def relations(self) -> tuple[Summary, ...]:
        """A summary of each relation, in the order of their names."""
        grouped: dict[Relation, list[Entry]] = {}
        for entry in self.entries:
            grouped.setdefault(entry.use.relation, []).append(entry)
        return tuple(_summary(relation, entries) for relation, entries in grouped.items())

    def of(self, paths: Collection[str], errors: Mapping[str, str]) -> Inventory:
        """The part that files of these paths show, with the errors of others besides its own."""
        return replace(
            self,
            entries=tuple(entry for entry in self.entries if entry.path in paths),
            dynamic=tuple(entry for entry in self.dynamic if entry.path in paths),
            errors=tuple(sorted({*self.errors, *errors.items()})),
        )

    def only(self, names: Iterable[str]) -> Inventory:
        """The part about relations of these names, `name` or `schema.name`; what is dynamic may be any of them."""
        wanted = set(names)

        def fits(entry: Entry) -> bool:
            use = entry.use
            said = {use.relation.name, str(use.relation), *((str(use.target),) if use.target else ())}
            return not said.isdisjoint(wanted)

        return replace(self, entries=tuple(entry for entry in self.entries if fits(entry)))


def _summary(relation: Relation, entries: list[Entry]) -> Summary:
    counted = Counter(entry.use.operation for entry in entries)
    by_path: dict[str, set[str]] = {}
    for entry in entries:
        by_path.setdefault(entry.path, set()).add(entry.use.operation)
    return Summary(
        relation,
        next((entry.use.target for entry in entries if entry.use.target), None),
        tuple((operation, counted[operation]) for operation in OPERATIONS if counted[operation]),
        tuple((path, frozenset(by_path[path])) for path in sorted(by_path)),
    )


def packaging(paths: Sequence[str], depth: int = 0) -> Callable[[str], str]:
    """What tells the package of a path: its directory, or so many levels of it below what all `paths` share."""
    directories = [path.split("/")[:-1] for path in paths]
    shared = 0
    while directories and all(len(d) > shared and d[shared] == directories[0][shared] for d in directories):
        shared += 1
    levels = shared + depth if depth else None

    def package(path: str) -> str:
        return "/".join(path.split("/")[:-1][:levels]) or "."

    return package


def join(surveyed: Iterable[Surveyed], read: int = 0) -> Inventory:
    """The inventory of a project, of what its files show; `read` counts all files read."""
    files = list(surveyed)
    known = {entry.use.relation.name for file in files for entry in file.entries if entry.use.confident}
    made = {e.use.relation for file in files for e in file.entries if e.use.confident and e.use.operation == "define"}
    others = _types(files)
    owners = {name: owner for file in files for name, owner in file.owned}
    entries: list[Entry] = []
    dynamic: list[Entry] = []
    for file in files:
        for entry in file.entries:
            use = entry.use
            if use.dynamic:
                dynamic.append(entry)
            elif use.relation.name in owners and use.relation not in made:
                entries.append(_owner(entry, owners[use.relation.name]))
            elif use.relation.name not in others and (use.confident or use.relation.name in known):
                entries.append(entry)
    entries.sort(key=lambda e: (e.use.relation.schema or "", e.use.relation.name, e.path, e.line, e.column))
    dynamic.sort(key=lambda entry: (entry.path, entry.line, entry.column))
    errors = tuple(sorted((file.path, file.error) for file in files if file.error))
    return Inventory(tuple(entries), tuple(dynamic), errors, read)


def _types(files: Sequence[Surveyed]) -> set[str]:
    """The types that the project makes, without those that have a relation's name: places that read or write tell."""
    done = {
        e.use.relation.name for file in files for e in file.entries if e.use.confident and e.use.operation != "name"
    }
    return {name for file in files for name in file.types} - done


def _owner(entry: Entry, owner: Relation) -> Entry:
    """An entry that names an index or a sequence, as one of the relation that has it."""
    use = entry.use
    relation = replace(owner, schema=owner.schema or use.relation.schema)
    return replace(entry, use=replace(use, relation=relation, operation="name"), through=use.relation.name)
