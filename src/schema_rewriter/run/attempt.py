"""A step over all files together, in spite of a file that makes it fail; knows not what the step does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from schema_rewriter.errors import FileFaultError, SchemaRewriteError, internal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def attempt(
    do: Callable[[Sequence[Item]], Result], items: Sequence[Item], failed: Callable[[Item, str], Item]
) -> Result:
    """The result of the step over all items, of which those that make it fail are replaced by what `failed` gives.

    `failed` is told the item and its error. A FileFaultError names the item's path; else the one at fault is the last
    of the shortest beginning of the list that fails: it is found by halving, so a fault costs as many more steps as the
    list has bits. Raises what the step raises for no items at all, or in spite of all that was replaced; and a mistake
    that a person can mend, which is no item's.
    """
    left, replaced = list(items), set[int]()
    while True:
        try:
            return do(left)
        except SchemaRewriteError:
            raise
        except FileFaultError as fault:
            at = next((at for at, item in enumerate(left) if getattr(item, "path", item) == fault.path), -1)
            error = fault.error
        except Exception as raised:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
            at, error = _culprit(do, left), raised
        if at < 0 or at in replaced:
            raise error
        replaced.add(at)
        left[at] = failed(left[at], internal(error))


def _culprit(do: Callable[[Sequence[Item]], object], items: Sequence[Item]) -> int:
    """The place of the item with which the step begins to fail; -1 where it fails without any."""
    works, fails = -1, len(items)
    while fails - works > 1:
        middle = (works + fails) // 2
        try:
            do(items[:middle])
        except Exception:  # noqa: BLE001 - which is what is asked
            fails = middle
        else:
            works = middle
    return fails - 1
