"""What a call does with its arguments: they flow into parameters, fields, lists, or are used; its result flows back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.project.flow.callbacks import HandedOn, callbacks, last_name
from schema_rewriter.project.flow.graph import FlowEdge, RelationSink, SinkUse, access_path
from schema_rewriter.project.flow.resolution import Symbol
from schema_rewriter.reading import relation_calls
from schema_rewriter.reading.sql_calls import is_message, is_prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.hosts.valueflow import Call, Function
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.rules import Takes

METHODS_OF_PARTS = frozenset(("items", "values", "keys", "copy", "get"))
"""Methods of mappings whose results the file's own graph follows."""
_TAKING = frozenset(("get", "pop", "setdefault"))
"""Methods of mappings that give the value of a key, or else their second argument."""
_PUTTING = {
    **dict.fromkeys(("append", "appendleft", "add", "insert"), "[]"),
    "extend": "",
    "extendleft": "",
    "update": "",
}
"""Methods that put an argument into a list, a set or a mapping: as what."""
_COMMON = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int) for name in dir(kind)) | frozenset(
    """
        execute executemany fetch fetchone fetchall fetchrow fetchval debug info warning error exception critical log
        write read open close send publish put run call get_or_create filter exclude
        """.split()
)
"""Names that methods of anybody's objects have: no sign of whose method is called."""


@dataclass(frozen=True, slots=True)
class _Callee:
    """What a call may run: functions, each with the path of its file, or the fields of a class without a constructor.

    `skip`: how many arguments stand before those of the parameters. `doubt` tells why it may be something else.
    """

    symbol: Symbol | None
    functions: tuple[tuple[str, Function], ...] = ()
    doubt: str = ""
    fields_of: Node | None = None

    @property
    def skip(self) -> int:
        return self.symbol.skip if self.symbol is not None else 0


class Calls:
    """Adds the calls of files to a graph; `followed` are functions that are arguments, and whose calls are known."""

    def __init__(self, graph: ValueFlowGraph) -> None:
        self.graph = graph
        self.followed: set[Node] = set()
        self._mappings: set[Node] | None = None

    def add(self, path: str, call: Call, packages: frozenset[str]) -> None:
        """Add one call of a file that imports these packages."""
        graph = self.graph
        name, is_method = last_name(call.function), "." in call.function.partition(":")[2]
        callee = self._callee(path, call, name, is_method=is_method)
        if callee.fields_of is not None:
            self._fields(path, call, callee.fields_of)
            return
        passed = callbacks(self.graph, path, call, self.followed)
        result = (path, f"{call.slot}@return")
        is_taking = name in _TAKING and self._is_mapping(path, call.function)
        for index, argument in enumerate(call.arguments):
            key = str(int(argument) - callee.skip) if argument.isdigit() else argument
            if key == "-1" or (argument in call.bound and not callee.functions):
                continue  # the object of a method that is called by its class; what holes tell of
            slot = (path, f"{call.slot}@{argument}")
            if is_taking:
                self._taken_of_mapping(slot, key, call, result)
            else:
                self._argument(slot, key, call, callee, packages, passed.get((index, key), ()))
        returned = FlowEdge("", result, (), callee.doubt)
        for home, function in callee.functions:
            graph.edge((home, f"{function.scope}:return"), returned)
        if (not callee.functions and name not in METHODS_OF_PARTS and not is_taking) or callee.doubt:
            graph.unknown[result] = f"{path}:{call.line}"
        elif not callee.functions:
            graph.empty.add(result)

    def _callee(self, path: str, call: Call, name: str, *, is_method: bool) -> _Callee:
        """What is called; any method of that name, with a doubt, where the object is not known."""
        symbols = self.graph.symbols
        called = symbols.called(path, call.function)
        if called is None and is_method:
            found = symbols.methods.get(name) if name not in _COMMON else None
            if found:
                doubt = f"it is not known whose method {name}() is called here; say so in a [[call]] of the rules"
                return _Callee(Symbol("function", ("", "")), tuple(found), doubt)
            if name not in METHODS_OF_PARTS:
                base = symbols.node(path, call.function.rpartition(".")[0])
                self.graph.use(base, SinkUse(path, f"{name}() of it", call.line))
        if called is not None and called.kind == "class":
            functions = symbols.nearest(called.node, "__init__")
            return _Callee(called, tuple(functions), fields_of=None if functions else called.node)
        return _Callee(called, called.functions if called is not None else ())

    def _taken_of_mapping(self, slot: Node, key: str, call: Call, result: Node) -> None:
        """An argument of get, pop or setdefault of a mapping: the key, or what is given where there is none."""
        graph, name = self.graph, last_name(call.function)
        if key == "0":
            graph.use(slot, SinkUse(slot[0], "a key", call.line))
        if key == "1":
            graph.edge(slot, FlowEdge("", result, ()))
        if name == "setdefault":
            base = graph.symbols.node(slot[0], call.function.rpartition(".")[0])
            if key == "1":
                graph.edge(slot, FlowEdge("", base, ("<*>",)))
                graph.put.append((slot, base, ("<*>",)))
            else:
                graph.edge(slot, FlowEdge("", base, ("{}",)))
                graph.keys.add(slot)

    def _argument(
        self,
        slot: Node,
        key: str,
        call: Call,
        callee: _Callee,
        packages: frozenset[str],
        passed: Sequence[HandedOn],
    ) -> None:
        """Add what becomes of one argument."""
        graph, name = self.graph, last_name(call.function)
        if key.startswith("*"):
            self._spread(slot, key, call, callee)
        targets = [
            (target, function) for home, function in callee.functions if (target := _parameter(home, function, key))
        ]
        if (taken := self._taken_by_rule(call, key)) is not None:
            use = SinkUse(slot[0], f"{name}()", call.line, None, taken, (slot, _schema_slot(slot[0], call, taken)))
            graph.declare(slot, [target for target, _ in targets], use)
            return
        if callee.symbol is None and name in _PUTTING and "." in call.function.partition(":")[2]:
            self._grow(slot, key, graph.symbols.node(slot[0], call.function.rpartition(".")[0]), name)
        if callee.doubt or not targets:
            self._relation_sink(slot, call, key, packages)
        for home, function in callee.functions if not targets and key.isdigit() else ():
            if function.star:
                graph.starred.setdefault(slot, []).append((home, f"{function.scope}:{function.star}"))
        for target, function in targets:
            changed = function.is_decorated and key.isdigit()
            doubt = callee.doubt or ("a decorator may change the arguments" if changed else "")
            graph.edge(slot, _whole(target, doubt))
        if targets or not passed:
            if len(targets) < max(1, len(callee.functions)):
                message = is_message(call.function.partition(":")[2])
                graph.use(slot, SinkUse(slot[0], f"an argument of {name}()", call.line, is_message=message))
                graph.unresolved[slot] = name
            return
        for one in passed:
            if one.rule is None:
                graph.edge(slot, _whole(one.target, one.doubt))
            else:
                called = one.rule.name.rpartition(".")[2]
                use = SinkUse(slot[0], f"{called}()", call.line, None, one.rule, (slot, None))
                graph.declare(slot, [one.target], use)

    def _grow(self, slot: Node, key: str, base: Node, name: str) -> None:
        """An argument of a method that, of a list, a set or a mapping, puts it in there."""
        if key == "**" or (name == "update" and key.isidentifier()):
            write = "" if key == "**" else f"<{key}>"
        elif key == ("1" if name == "insert" else "0"):
            write = _PUTTING[name]
        else:
            return
        self.graph.edge(slot, FlowEdge("", base, access_path(write)))
        self.graph.put.append((slot, base, access_path(write)))

    def _spread(self, slot: Node, key: str, call: Call, callee: _Callee) -> None:
        """What is spread over arguments fills each parameter that the call does not give otherwise."""
        for home, function in callee.functions:
            if key == "**":
                names = [name for name in (*function.parameters, *function.keywords) if name not in call.arguments]
                for name in names[sum(one.isdigit() for one in call.arguments) - callee.skip :]:
                    self.graph.edge(slot, FlowEdge(f"<{name}>", (home, f"{function.scope}:{name}"), ()))
                continue
            spread = [int(one[1:]) for one in call.arguments if one[:1] == "*" and one[1:].isdigit()]
            for at, name in enumerate(function.parameters[max(0, spread[0] - callee.skip) :]):
                if name not in call.arguments:
                    read = f"[{at}]" if len(spread) == 1 else "<*>"
                    self.graph.edge(slot, FlowEdge(read, (home, f"{function.scope}:{name}"), ()))

    def _is_mapping(self, path: str, reference: str) -> bool:
        """Whether a method is called of what code of the run makes a mapping."""
        symbols = self.graph.symbols
        if self._mappings is None:
            self._mappings = {
                symbols.node(home, one.target)
                for home, names in symbols.files.items()
                for made in (names.literals, names.edges)
                for one in made
                if one.write_path[:1] in ("<", "{")
            }
        return symbols.node(path, reference.rpartition(".")[0]) in self._mappings

    def _relation_sink(self, slot: Node, call: Call, key: str, packages: frozenset[str]) -> None:
        """Note that a call which nothing explains takes, by its name, a relation in an argument."""
        called = call.function.partition(":")[2]
        if is_prose(called):
            self.graph.prose.add(slot)
        elif (parameter := relation_calls.by_call(called, key, call.arguments, packages)) is not None:
            schema = ((slot[0], f"{call.slot}@{parameter.schema}"), "") if parameter.schema in call.arguments else None
            self.graph.relation_sinks[slot] = RelationSink(slot[0], call.line, parameter, schema)

    def _taken_by_rule(self, call: Call, key: str) -> Takes | None:
        """The rule by which a call takes an argument as a relation's name."""
        for takes in self.graph.calls:
            if takes.fits(call.function.partition(":")[2]):
                wanted = takes.keyword if takes.keyword in call.arguments else str(takes.argument)
                return takes if key == wanted else None
        return None

    def _fields(self, path: str, call: Call, node: Node) -> None:
        """A call of a class without a constructor of its own: its arguments are its fields."""
        graph, symbols = self.graph, self.graph.symbols
        fields = symbols.fields(node)
        for key in call.arguments:
            slot = (path, f"{call.slot}@{key}")
            name = fields[int(key)] if key.isdigit() and int(key) < len(fields) else key
            if key.startswith("*"):
                for at, each in enumerate(fields):
                    read = f"<{each}>" if key == "**" else f"[{at - int(key[1:])}]" if at >= int(key[1:]) else ""
                    if read and each not in call.arguments:
                        graph.edge(slot, FlowEdge(read, symbols.attribute(node, each), ()))
            if (taken := self._taken_by_rule(call, key)) is not None:
                targets = [symbols.attribute(node, name)] if name in fields else []
                schema = _schema_slot(path, call, taken)
                use = SinkUse(path, f"{last_name(call.function)}()", call.line, None, taken, (slot, schema))
                graph.declare(slot, targets, use)
            elif name in fields:
                graph.edge(slot, FlowEdge("", symbols.attribute(node, name), ()))
            else:
                graph.use(slot, SinkUse(path, "an argument of a class", call.line))


def _schema_slot(path: str, call: Call, taken: Takes) -> Node | None:
    """The slot of the argument that gives the schema of what a rule takes."""
    return (path, f"{call.slot}@{taken.schema}") if taken.schema in call.arguments else None


@lru_cache(maxsize=4096)
def _whole(target: Node, doubt: str) -> FlowEdge:
    """An edge that takes all of a value: a parameter has many, all the same."""
    return FlowEdge("", target, (), doubt)


def _parameter(home: str, function: Function, key: str) -> Node | None:
    """The slot of the parameter that an argument goes to."""
    if key.isdigit():
        index = int(key)
        return (home, f"{function.scope}:{function.parameters[index]}") if index < len(function.parameters) else None
    if key in function.parameters or key in function.keywords:
        return (home, f"{function.scope}:{key}")
    return None
