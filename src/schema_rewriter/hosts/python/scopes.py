"""Which scope of Python code binds a name; knows Python's rules for names, and no tree, no values, no SQL.

Source: Python language reference, 4.2 (naming and binding); PEP 572 (:=), 634 (match), 695 (type parameters).
"""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Position = tuple[int, int]
"""A line and a column of it, as Python's own parser counts them."""


class Kind(enum.Enum):
    """What makes a scope; TYPES are the type parameters in front of a function or class."""

    MODULE = enum.auto()
    FUNCTION = enum.auto()
    LAMBDA = enum.auto()
    CLASS = enum.auto()
    COMPREHENSION = enum.auto()
    TYPES = enum.auto()


class Scope:
    """A scope: its path, "Store.load", and the names that it binds. Each scope of a file that has no name has a number.

    `outer` is the scope it stands in, itself for a module.
    """

    __slots__ = ("_bound", "_counts", "_elsewhere", "_first", "inner", "kind", "outer", "path", "top")

    def __init__(self, kind: Kind, path: str, outer: Scope | None = None) -> None:
        self.kind, self.path = kind, path
        self.outer: Scope = outer or self
        self.top: Scope = outer.top if outer is not None else self
        self.inner = 0
        self._bound: set[str] = set()
        self._elsewhere: dict[str, bool] = {}  # names that are global (True) or nonlocal
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Position] = {}

    @property
    def is_class(self) -> bool:
        """Whether it is the body of a class."""
        return self.kind is Kind.CLASS

    @property
    def runs_in_place(self) -> bool:
        """Whether its code runs where it stands, and not when somebody calls it."""
        return self.kind in _IN_PLACE

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition(".")[2]

    @property
    def body(self) -> Scope:
        """The module, function or class whose statements its code stands in."""
        scope = self
        while scope.kind in _WITHIN:
            scope = scope.outer
        return scope

    @property
    def owner(self) -> Scope:
        """The scope that a definition in this one belongs to: not the one of type parameters."""
        return self.outer if self.kind is Kind.TYPES else self

    def around(self) -> Iterator[Scope]:
        """This scope and those that it stands in, from the inside out."""
        scope = self
        while scope is not scope.top:
            yield scope
            scope = scope.outer
        yield scope

    def home(self, name: str, at: Position | None = None) -> Scope:
        """The scope whose variable a name means here; the module for one of Python's own.

        A class's body that has not bound a name yet, at a position in it, means the module's.
        """
        if name in self._elsewhere:
            return self.top if self._elsewhere[name] else self._around(name)
        if name in self._bound:
            is_later = self.is_class and at is not None and at < self._first.get(name, at)
            return self.top if is_later else self
        return self._around(name)

    def _around(self, name: str) -> Scope:
        """The scope around this one whose variable a name means: a class's names are those of its own body alone."""
        inner, scope = self, self.outer
        while scope is not scope.top:
            if not scope.is_class or inner.kind is Kind.TYPES:
                if name in scope._elsewhere:
                    return scope.home(name)
                if name in scope._bound:
                    return scope
            inner, scope = scope, scope.outer
        return scope

    def binds(self, name: str) -> bool:
        """Whether a name is a variable of this scope."""
        return name in self._bound

    def declares(self, name: str) -> bool:
        """Whether a statement in it says that a name is global or nonlocal."""
        return name in self._elsewhere

    def bindings(self, name: str) -> int:
        """How often the code gives a variable of this scope a value, in scopes inside of it too."""
        return self._counts[name]

    # -- in the making

    def bind(self, name: str, at: Position | None = None, *, count: int = 1) -> None:
        """Note that a name gets a value here, `count` times."""
        self._bound.add(name)
        self._counts[name] += count
        if at is not None and (name not in self._first or at < self._first[name]):
            self._first[name] = at

    def declare(self, names: Iterable[str], *, is_global: bool) -> None:
        """Note a global or nonlocal statement."""
        self._elsewhere.update(dict.fromkeys(names, is_global))

    def settle(self) -> None:
        """Give the bindings of names that are declared global or nonlocal to the scope that they mean."""
        for name in self._bound & self._elsewhere.keys():
            self._bound.discard(name)
            home = self.home(name)
            home._bound.add(name)
            home._counts[name] += self._counts.pop(name)


_IN_PLACE = frozenset((Kind.CLASS, Kind.COMPREHENSION, Kind.TYPES))
_WITHIN = frozenset((Kind.LAMBDA, Kind.COMPREHENSION, Kind.TYPES))
