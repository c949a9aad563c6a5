"""A step over all files together, in spite of a file that makes it fail; knows not what the step does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from schema_rewriter.errors import FileFault, SchemaRewriteError, internal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def attempt(
    do: Callable[[Sequence[Item]], Result], items: Sequence[Item], failed: Callable[[Item, str], Item]
) -> Result:
    """The result of the step over all items, of which those that make it fail are replaced by what `failed` gives.

    `failed` is told the item and its error. The item at fault is the one whose path a FileFault names, else the last of
    the shortest beginning of the list that fails: it is found by halving, so a fault costs as many more steps as the
    list has bits. Raises what the step raises for no items at all, or in spite of all that was replaced; and a mistake
    that a person can mend, which is no item's.
    """
    left, replaced = list(items), set[int]()
    while True:
        try:
            return do(left)
        except SchemaRewriteError:
            raise
        except Exception as error:
            at = _named(error, left)
            if at < 0 or at in replaced:
                at = _culprit(do, left)
            if at < 0 or at in replaced:
                raise
            replaced.add(at)
            cause = error.__cause__ if isinstance(error, FileFault) else None
            left[at] = failed(left[at], internal(cause or error))


def _named(error: Exception, items: Sequence[object]) -> int:
    """The place of the item that a FileFault names, -1 for none: an item is a path, or has one."""
    if not isinstance(error, FileFault):
        return -1
    return next((at for at, item in enumerate(items) if getattr(item, "path", item) == error.path), -1)


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
