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
    for path, name in _enums(symbols, nodes):
        own.setdefault(name, set()).add(stem(path))
    yield from _reflecting(symbols, nodes)
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


def _owners(symbols: SymbolTable, nodes: Collection[Node]) -> set[Node]:
    """The classes that slots are attributes of."""
    scopes = {(path, slot.rpartition(":")[0]) for path, slot in nodes}
    return {symbols.scopes[scope] for scope in scopes if scope in symbols.scopes}


def _enums(symbols: SymbolTable, nodes: Collection[Node]) -> Iterator[tuple[str, str]]:
    """The files and names of enums with such members: code finds these by their values, and goes through them."""
    for node in _owners(symbols, nodes):
        if symbols.is_enum(node):
            yield node[0], node[1].rpartition(":")[2]


def _reflecting(symbols: SymbolTable, nodes: Collection[Node]) -> Iterator[tuple[str, str]]:
    """What code says that reads all names of a module, a class or an object without spelling them out."""
    holders = {slot.rpartition(":")[2] for _, slot in _owners(symbols, nodes)}
    holders |= {stem(path) for path, slot in nodes if path != "*" and slot.startswith(":")}
    for word in _REFLECTING:
        yield from ((word, holder) for holder in holders)


_REFLECTING = ("getattr", "vars", "getmembers", "__dict__", "asdict", "astuple")
"""What code says that reads all that a class, an object or a module has, by names that it need not spell out."""
