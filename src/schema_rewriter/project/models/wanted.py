"""Which modules, not read yet, tell what the classes and calls of models are: bases, collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import SymbolTable


def wanted_modules(files: Iterable[Facts], symbols: SymbolTable) -> Iterator[str]:
    """The modules, as paths without suffix, that models take what they are made of from, and that no file is known of.

    One from the root begins with a slash.
    """
    for file in files:
        for slot in sorted(set(map(_base, _said(file)))):
            found = symbols.imported((file.path, slot), 0)
            for item in (*symbols.imports.get(found, ()), *symbols.imports.get((file.path, ":*"), ())):
                inner = () if item.name in ("", "*") else (f"{item.module}.{item.name}".replace("/.", "/"),)
                for module in (item.module, *inner):
                    if symbols.modules.file(module, found[0]) is None:
                        yield module.replace(".", "/")


def _base(reference: str) -> str:
    """The slot that a reference begins with."""
    scope, _, rest = reference.partition(":")
    return f"{scope}:{rest.partition('.')[0]}"


def _said(file: Facts) -> Iterator[str]:
    """The references by which a file says what its models are made of."""
    for model in file.orm.classes:
        yield from model.bases
    for name in file.orm.names:
        yield from filter(":".__contains__, (name.called, name.metadata))
    for made in file.orm.collections:
        yield from filter(None, (made.called, made.metadata))
