"""A file that makes a phase fail has the error, whatever the phase; the others are judged as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_rewriter.errors import ConfigError, in_file
from schema_rewriter.run.attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize("bad", [(), (0,), (6,), (3,), (1, 2), tuple(range(7))])
def test_items_that_fail_are_replaced(bad: tuple[int, ...]) -> None:
    def do(items: Sequence[int]) -> list[int]:
        if found := set(items) & set(bad):
            raise IndexError(f"no {min(found)}")
        return list(items)

    errors = {}

    def failed(item: int, error: str) -> int:
        errors[item] = error
        return -item - 1

    result = attempt(do, range(7), failed)
    assert result == [-item - 1 if item in bad else item for item in range(7)]
    assert errors == {item: f"internal error: IndexError: no {item}; please report it" for item in bad}


def test_items_that_fail_together_lose_one_only() -> None:
    def do(items: Sequence[int]) -> list[int]:
        if {2, 5} <= set(items):
            raise ValueError("2 and 5")
        return list(items)

    assert attempt(do, range(7), lambda item, error: -item) == [0, 1, 2, 3, 4, -5, 6]


@pytest.mark.parametrize("bad", [(), (3,)])
def test_what_fails_without_any_item_is_no_item_s_fault(bad: tuple[int, ...]) -> None:
    def do(items: Sequence[int]) -> None:
        raise ValueError("always")

    with pytest.raises(ValueError, match="always"):
        attempt(do, bad, lambda item, error: item)


def test_a_replacement_that_fails_too_is_not_asked_for_again() -> None:
    def do(items: Sequence[int]) -> None:
        if items:
            raise ValueError("any")

    with pytest.raises(ValueError, match="any"):
        attempt(do, [1, 2], lambda item, error: item)


def test_a_mistake_of_a_person_is_no_item_s_fault() -> None:
    def do(items: Sequence[int]) -> None:
        if items:
            raise ConfigError("no baseline")

    with pytest.raises(ConfigError):
        attempt(do, [1], lambda item, error: item)


def test_a_fault_that_names_its_file_is_not_searched_for() -> None:
    calls: list[Sequence[str]] = []

    def do(items: Sequence[str]) -> list[str]:
        calls.append(items)
        for item in items:
            with in_file(item):
                if item == "b":
                    raise ValueError("of b\nand more")
        return list(items)

    assert attempt(do, ["a", "b", "c"], lambda item, error: error) == [
        "a",
        "internal error: ValueError: of b; please report it",
        "c",
    ]
    assert len(calls) == 2
