"""The variants of a text, as parts in a row: put together, bounded, told from names; knows no expressions."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.strings.literals import ExpressionPart, LiteralPart, Part, Separator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Variant = tuple[Part, ...]
UNKNOWN: tuple[Variant, ...] = ((ExpressionPart("..."),),)
"""What nothing is known of."""
MOST_VARIANTS = 24
"""How many values of one expression are told apart; of more, every part is still looked at in one of them."""


def joined(parts: Iterable[tuple[Variant, ...] | None]) -> tuple[Variant, ...] | None:
    """Every way to put one variant of each part behind the other; None where a part is None."""
    results: tuple[Variant, ...] = ((),)
    for part in parts:
        if part is None:
            return None
        results = bounded(tuple((*head, *tail) for head in results for tail in part))
    return results


def separated(items: Sequence[tuple[Variant, ...]], gap: Separator) -> Iterator[tuple[Variant, ...]]:
    """The items, with what joins them between each two."""
    for index, item in enumerate(items):
        if index and gap.text:
            yield ((gap,),)
        yield item


def bounded(variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
    """The variants, each once; of too many the first ones, and those that put two parts together as none before."""
    if len(variants) < 2:
        return variants
    distinct = tuple(dict.fromkeys(variants))
    if len(distinct) <= MOST_VARIANTS:
        return distinct
    kept: list[Variant] = []
    seen: set[tuple[Part | None, Part | None]] = set()
    for variant in distinct:
        pairs = set(pairwise((None, *variant, None)))
        if len(kept) < MOST_VARIANTS or not seen.issuperset(pairs):
            kept.append(variant)
            seen |= pairs
    return tuple(kept)


def plain_name(variant: Variant) -> LiteralPart | None:
    """The chunk of a variant that is one word and nothing else: a name rather than a piece of SQL."""
    if (
        len(variant) == 1
        and isinstance(variant[0], LiteralPart)
        and not any(char.isspace() for char in variant[0].text)
    ):
        return variant[0]
    return None


def constant(variants: tuple[Variant, ...] | None) -> str | None:
    """The text of what has one value, all of it written in literals; None for anything else."""
    if variants is None or len(variants) != 1:
        return None
    texts = [part.text for part in variants[0] if isinstance(part, LiteralPart)]
    return "".join(texts) if len(texts) == len(variants[0]) else None


def is_split(variant: Variant, text: str) -> bool:
    """Whether a text stands in a variant over several of its parts somewhere."""
    texts = [part.text for part in variant if not isinstance(part, ExpressionPart)]
    return "".join(texts).count(text) != sum(part.count(text) for part in texts)
