"""Functions that are arguments of a call, beside what the call hands on to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from schema_rewriter.hosts.valueflow import Call, Callback, Function
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.rules import Takes


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A parameter that an argument is handed on to, why it may be another one, and the rule that gives it
    to relations."""

    target: Node
    doubt: str
    rule: Takes | None


def callbacks(
    graph: ValueFlowGraph, path: str, call: Call, followed: set[Node]
) -> dict[tuple[int, str], list[HandedOn]]:
    """The arguments of a call that it hands on to a function which is an argument too: run(f, "jobs", 1).

    By their place and key; `followed` gets these functions.
    """
    passed: dict[tuple[int, str], list[HandedOn]] = {}
    for item in call.callback:
        called = graph.symbols.called(path, item.function)
        if called is None or called.kind != "function":
            continue
        followed.update(graph.symbols.own((home, one.slot)) for home, one in called.functions)
        for home, function in called.functions:
            for index, key, one in _passed(graph, path, call, item, home, function):
                passed.setdefault((index, key), []).append(one)
    return passed


def _passed(
    graph: ValueFlowGraph, path: str, call: Call, item: Callback, home: str, function: Function
) -> Iterator[tuple[int, str, HandedOn]]:
    """The arguments that one function gets, each with its place in the call and its key."""
    fitting = (one for one in graph.calls if one.fits(item.function.partition(":")[2]) and not one.schema)
    rule = next(fitting, None)
    keywords = [key for key in call.arguments if not key.isdigit()]
    rest = item.names if len(call.arguments) - len(keywords) > item.index + 1 else ()
    is_partial = last_name(call.function) in ("partial", "partialmethod")
    handed = list(_handed_on(function, keywords, rest, is_partial=is_partial))
    filled = {name for _, name, _ in handed}
    for name in (*function.parameters, *function.keywords):  # the call may pass it itself
        if name not in filled and name not in keywords:
            graph.unknown.setdefault((home, f"{function.scope}:{name}"), f"{path}:{call.line}")
    for offset, name, is_sure in handed:
        index = item.index + 1 + offset
        doubt = "" if is_sure else "it is handed on to a function that is an argument too"
        yield index, str(index), HandedOn((home, f"{function.scope}:{name}"), doubt, _ruled(rule, function, name))
    for index, key in enumerate(call.arguments):
        if key in function.parameters or key in function.keywords:
            yield index, key, HandedOn((home, f"{function.scope}:{key}"), "", _ruled(rule, function, key))


def last_name(reference: str) -> str:
    """The last name of a reference."""
    return reference.rpartition(".")[2].rpartition(":")[2]


def _ruled(rule: Takes | None, function: Function, parameter: str) -> Takes | None:
    """The rule, if it is this parameter of the function that it gives to relations."""
    if rule is None:
        return None
    place = function.parameters.index(parameter) if parameter in function.parameters else -1
    return rule if parameter == rule.keyword or (place == rule.argument and not rule.keyword) else None


def _handed_on(
    function: Function, keywords: Collection[str], given: Sequence[str], *, is_partial: bool = False
) -> Iterator[tuple[int, str, bool]]:
    """The parameters that positional arguments may be handed on to, behind those that the caller puts first.

    How many these are is told by arguments with the name of a parameter (then it is sure), else by the function's
    signature: it gets all its parameters, or all that it can't do without. `is_partial`: there are none.
    """
    plain = function.parameters[: len(function.parameters) - function.optional]
    names = [name for name in function.parameters if name not in keywords]
    told = {names.index(name) - at for at, name in enumerate(given) if name in names[at:]}
    every, least = len(names) - len(given), sum(name not in keywords for name in plain) - len(given)
    shifts: Iterable[int] = told if len(told) == 1 else {shift for shift in (every, least) if shift >= 0}
    for shift in sorted({0} if is_partial else shifts):
        for at, name in enumerate(names[shift : shift + len(given)]):
            yield at, name, is_partial or len(told) == 1 or given[at] == name
