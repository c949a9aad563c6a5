"""What the code of one file does with the values it names: a graph of values, small and symbolic.

A *slot* is a place that holds values, written `scope:name`: `:TABLE` of the module, `Store:table` of a class,
`Store.load:table` of a function. A *reference* is a slot with attributes behind it, `Store.load:self.table`; only the
whole project tells which slot that is. Within a slot, a *path* leads to a part of the value: `[]` an element of a list,
`[0]` of a tuple, `{}` a key of a mapping, `<key>` its value. Knows no language and no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.edit import Span

PUT = "@put"
"""Ends a slot whose value is put into what is there already: a list, a mapping, that other slots may hold, too."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A value flows from a reference, out of the part at `read_path`, into the part at `write_path` of a target.

    `read_path`: "" all of it, "+" its elements where it is a list, "iter" what a loop goes through, "[n]" and "<k>"
    what a constant subscript takes, "[:]" a slice, "<*>" any other, "{}" keys, "values".
    """

    source: str
    read_path: str
    target: str
    write_path: str
    line: int


@dataclass(frozen=True, slots=True)
class LiteralSource:
    """A string literal and the slot it goes to; `span` in bytes of the file, None where it can't be told."""

    text: str
    span: Span | None
    target: str
    write_path: str
    line: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A slot gets a value that nobody knows."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Sink:
    """A value is used. With a `hole`, it becomes part of a text; else `what` tells for what.

    `hole` is where its `expression` stands, in bytes of the file. `is_listed`: it stands there among others, separated
    by commas.
    """

    source: str
    read_path: str
    what: str
    line: int
    hole: Span | None = None
    expression: str = ""
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text that code puts together: written out, or else what a slot holds ("" for one nobody knows).

    `span` is that of the literal, in bytes of the file.
    """

    text: str = ""
    span: Span | None = None
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A text that code puts together of `parts`, one behind the other; it goes to the part `write_path` of a target."""

    parts: tuple[Part, ...]
    target: str
    write_path: str
    line: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """In the text that a slot holds, `old` becomes `new`; None for what the code does not spell out.

    `is_pattern`: `old` is a regular expression.
    """

    slot: str
    old: str | None
    new: str | None
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """An argument of a call that is a reference, so may be a function, which the call hands what follows on to.

    `index` is its place, `names` are the plain names of the arguments behind it, "" for one that is no name.
    """

    index: int
    function: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a reference; its arguments flow into the slots `slot@0`, `slot@name`, its result from `slot@return`.

    `slot@*1` is what is spread at place 1, and `slot@*2` holds the argument behind that as its element. `bound` are
    those that a driver binds to SQL, if the call is a driver's: holes then tell what becomes of each value.
    """

    slot: str
    function: str
    arguments: tuple[str, ...]
    line: int
    callback: tuple[Callback, ...] = ()
    bound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A call that makes an identifier of the value of a slot, quoted as one name.

    `span`, in bytes, is its argument's, before which a schema may be written; with a `schema`, it is that literal's.
    None where nothing can be written.
    """

    slot: str
    span: Span | None
    schema: str
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its slot; `scope` is its own. A method's first parameter is left out of `parameters`.

    The last `optional` of these have defaults. `star` takes all further arguments; "" where nothing does.
    """

    slot: str
    scope: str
    parameters: tuple[str, ...]
    keywords: tuple[str, ...]
    is_decorated: bool
    line: int
    optional: int = 0
    star: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """A class by its slot; `fields` are the annotated names of its body, in order."""

    slot: str
    scope: str
    bases: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """A slot that a module, or a name in one, is imported to; `name` is "*" for all, "" for the module itself.

    `module` is dotted, and a relative one begins with a slash: the path of its folder from the root.
    """

    slot: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Reflection:
    """Code reads attributes by names that it does not spell out: `getattr(Tables, key)`, `vars(Tables)`, `globals()`.

    `reference` is whose, "" for the module's own names; `prefix` is what all of these names begin with.
    """

    reference: str
    prefix: str
    line: int


@dataclass(frozen=True, slots=True)
class Names:
    """All about the names of a file. `typed` pairs slots with references to the class whose instance they hold."""

    edges: tuple[Edge, ...] = ()
    literals: tuple[LiteralSource, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    sinks: tuple[Sink, ...] = ()
    calls: tuple[Call, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    imports: tuple[Import, ...] = ()
    typed: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()
    composed: tuple[Composed, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    reflections: tuple[Reflection, ...] = ()


NONE = Names()
"""A file without code."""


def placed(names: Names, place: Callable[[Span], Span | None]) -> Names:
    """The same, where what it says of places holds for a code that stands in a file: `place` tells where."""

    def at(span: Span | None) -> Span | None:
        return None if span is None else place(span)

    def part(one: Part) -> Part:
        return replace(one, span=at(one.span))

    return replace(
        names,
        literals=tuple(replace(one, span=at(one.span)) for one in names.literals),
        sinks=tuple(replace(one, hole=at(one.hole)) for one in names.sinks),
        quotes=tuple(replace(one, span=at(one.span)) for one in names.quotes),
        composed=tuple(replace(one, parts=tuple(map(part, one.parts))) for one in names.composed),
    )
