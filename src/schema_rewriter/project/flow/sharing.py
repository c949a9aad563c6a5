"""Which names of code other files may take what moves from. Knows no edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.project.flow.modules import stem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.symbols import SymbolTable


def shared_names(files: Iterable[Facts], symbols: SymbolTable, nodes: Collection[Node]) -> Iterator[tuple[str, str]]:
    """The names of code that other files may take what moves from, each with what such a file says beside it."""
    own: dict[str, set[str]] = {}
    homes: dict[str, set[str]] = {}
    for path, slot in nodes:
        scope, _, name = slot.rpartition(":")
        if name.startswith("#"):
            continue
        if path == "*" or (path, scope) in symbols.scopes:
            yield name, "."
        elif not scope:
            own.setdefault(name, set()).add(stem(path))
            homes.setdefault(path, set()).add(name)
    for item in files:  # what they import, others may import from them, under another name too
        for imported in item.names.imports:
            if imported.name in own:
                own.setdefault(imported.slot.rpartition(":")[2], set()).add(stem(item.path))
            for home in symbols.modules.candidates(imported.module, item.path) if imported.name == "*" else ():
                for name in homes.get(home, ()):
                    own[name].add(stem(item.path))
    yield from (("*", stem(path)) for path in homes)
    for name, stems in own.items():
        yield from ((name, one) for one in stems)
