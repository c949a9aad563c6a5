"""A step over all files together, in spite of a file that makes it fail; knows not what the step does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from schema_rewriter.errors import FileFaultError
from schema_rewriter.run.worker import internal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def attempt(
    do: Callable[[Sequence[Item]], Result], items: Sequence[Item], path: Callable[[Item], str]
) -> tuple[Result, dict[str, str]]:
    """The result of the step over all items that do not make it fail, and the errors of those that do, by path.

    A FileFaultError names the one at fault. Else it is the last of the shortest beginning of the list that fails: it is found by halving, so a fault
    costs as many more steps as the list has bits. Raises what the step raises for no items at all.
    """
    left, errors = list(items), dict[str, str]()
    while left:
        try:
            return do(left), errors
        except FileFaultError as fault:
            errors[fault.path] = internal(fault.error)
            left = [item for item in left if path(item) != fault.path]
        except Exception as error:  # noqa: BLE001 - a bug of ours must not keep the other files from being judged
            at = _culprit(do, left)
            errors[path(left.pop(at))] = internal(error)
    return do(left), errors


def _culprit(do: Callable[[Sequence[Item]], object], items: Sequence[Item]) -> int:
    """The place of the item with which the step begins to fail."""
    works, fails = 0, len(items)
    while fails - works > 1:
        middle = (works + fails) // 2
        try:
            do(items[:middle])
        except Exception:  # noqa: BLE001 - which is what is asked
            fails = middle
        else:
            works = middle
    return fails - 1
