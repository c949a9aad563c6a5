"""How far values go through a project: edges between slots of all files. Knows references, no SQL and no rules."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from schema_rewriter.hosts.valueflow import PUT
from schema_rewriter.project.flow.symbols import Modules, Thing
from schema_rewriter.reading import relation_calls
from schema_rewriter.reading.sql_calls import is_message, is_prose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from schema_rewriter.hosts.valueflow import Birth, Call, Function, Quote
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import Node
    from schema_rewriter.reading.relation_calls import Taking
    from schema_rewriter.rules import Takes

MOST_STATES = 4000
"""How many slots and parts of them one literal is followed into; beyond, it counts as used for something unknown."""
DEEPEST_PART = 6
"""How deep in lists, tuples and mappings a value is followed."""

FAR: Node = ("", ":#far")
"""Stands for all slots that are too far away to be followed to."""

Path = tuple[str, ...]
"""The way to a part of a value, outermost first."""
_STEP = re.compile(r"\[\d*\]|<[^>]*>|\{\}")


@dataclass(frozen=True, slots=True)
class Out:
    """An edge away from a slot; `doubt` tells why it may not be one."""

    pop: str
    target: Node
    push: Path
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a value: in file `path`; with a `hole`, (scope, expression), in a text.

    With `taken`, a call takes it as a relation's name, by a rule; `call` are the slots of that argument and of the one
    that gives the schema, if there is one. `is_message`: it is only told people. `is_listed`: it stands in the text
    among others.
    """

    path: str
    what: str
    line: int
    hole: tuple[str, str] | None = None
    taken: Takes | None = None
    call: tuple[Node, Node | None] | None = None
    is_message: bool = False
    is_listed: bool = False

    @property
    def place(self) -> str:
        """For people; the line is not always known."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Asking:
    """A place in file `path` that, by its name, takes a relation's; `schema` are the slots that tell its schema."""

    path: str
    line: int
    taking: Taking
    schema: tuple[Node, str] | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Where one literal gets: its uses, the doubts on the way, the slots it passes.

    `asking` are calls, outside of the project or of nobody knows whom, that may take it as a relation. `named` are
    slots that it, or a list or mapping with it, is the value of. `is_cut`: it gets farther than it is followed.
    """

    uses: frozenset[Use]
    doubts: frozenset[str]
    nodes: frozenset[Node]
    asking: frozenset[Asking] = frozenset()
    named: frozenset[Node] = frozenset()
    is_cut: bool = False


_Passed = tuple["Node", str, "Takes | None"]
"""A parameter that an argument is handed on to, why it may be another one, and the rule that gives it to relations."""


class Reach:
    """The edges of all files. `unknown` are slots with a value nobody knows, with the line where they get it.

    `vouched` are parameters that a rule gives to relations: what a call passes is settled at the call. `given` tells
    which of them such a call fills.
    """

    def __init__(self, every: Iterable[Facts], calls: Sequence[Takes] = ()) -> None:
        self.modules = Modules(every)
        self.calls = calls
        self.outs: defaultdict[Node, list[Out]] = defaultdict(list)
        self.ins: defaultdict[Node, dict[Node, None]] = defaultdict(dict)  # in the order of the code: a walk may be cut
        self.uses: dict[Node, list[Use]] = {}
        self.births: dict[Node, list[tuple[str, Birth]]] = {}
        self.asking: dict[Node, Asking] = {}
        self.prose: set[Node] = set()
        self.parts: dict[tuple[Node, str], set[str | None]] = {}
        self.unknown: dict[Node, str] = {}
        self.parameters: dict[Node, Function] = {}
        self.functions: dict[Node, Function] = {}
        self.vouched: set[Node] = set()
        self.given: dict[Use, set[Node]] = {}
        self.unresolved: dict[Node, str] = {}
        self.quotes: dict[Node, tuple[str, Quote]] = {}
        self._followed: set[Node] = set()
        self._mappings: set[Node] | None = None
        self._nothing: set[Node] = set()
        self._put: list[tuple[Node, Node, Path]] = []
        self._keys: set[Node] = set()
        for path, names in self.modules.files.items():
            packages = frozenset(item.module.split(".")[0] for item in names.imports)
            for call in names.calls:
                self._call(path, call, packages)
            for function in names.functions:
                self.functions[path, function.scope] = function
                for name in (*function.parameters, *function.keywords):
                    self.parameters[path, f"{function.scope}:{name}"] = function
        for path in self.modules.files:
            self._file(path)
        self._share()
        self._classes()

    def _file(self, path: str) -> None:
        names = self.modules.files[path]
        node = self.modules.node
        for edge in names.edges:
            source, target = node(path, edge.source), node(path, edge.target)
            self._edge(source, Out(edge.pop, target, _path(edge.push)))
            self._part(target, edge.push, None)
            if edge.source.endswith(PUT):
                self._put.append((source, target, _path(edge.push)))
                if edge.push == "{}":
                    self._keys.add(source)
            if source in self.modules.functions and source not in self._followed:
                self._escaped(source, f"{path}:{edge.line}")
        for birth in names.births:
            target = node(path, birth.target)
            self.births.setdefault(target, []).append((path, birth))
            self._part(target, birth.push, birth.text)
        for quote in names.quotes:
            self.quotes[node(path, quote.slot)] = (path, quote)
        for one in names.unknown:
            self.unknown.setdefault(node(path, one.target), f"{path}:{one.line}")
        for load in names.loads:
            source = node(path, load.source)
            self.uses.setdefault(source, []).append(
                Use(path, load.what, load.line, load.hole, is_listed=load.is_listed)
            )
        for item in names.imports:
            source = (path, item.slot)
            if self.modules.node(*source) == source and self.modules.thing(source) is None:
                self.unknown.setdefault(source, f"{path}: imported from {item.module}")
                for origin in self.modules.candidates(item.module, path) if item.name else ():
                    self._edge(node(origin, f":{item.name}"), Out("", source, ()))

    def _part(self, node: Node, push: str, text: str | None) -> None:
        """Note what schema a slot tells: by its key "schema", or as the argument of a call."""
        if push.endswith("<schema>"):
            self.parts.setdefault((node, "<schema>"), set()).add(text)
        elif not push and node[1].rpartition("@")[2] in _SCHEMAS:
            self.parts.setdefault((node, ""), set()).add(text)

    def _edge(self, source: Node, out: Out) -> None:
        self.outs[source].append(out)
        self.ins[out.target][source] = None

    def _share(self) -> None:
        """What is put into a list or mapping is in all slots that it comes from.

        Each slot that something is put into stands behind one of its own, for what is put, which leads on to those of
        the slots before it: as many edges as there are in the code, however much is put. Keys go by themselves.
        """
        needed: list[tuple[Node, bool]] = []
        for slot, base, push in self._put:
            is_key = push == ("{}",)
            self._edge(slot, Out("", _put_into(base, is_key=is_key), push))
            needed.append((base, is_key))
        found: list[tuple[Node, Node, Path, bool]] = []
        done = set(needed)
        while needed:
            node, is_key = needed.pop()
            for source in self.ins.get(node, ()):
                for out in self.outs[source]:
                    if out.target == node and not out.push and out.pop not in _COPYING and source[0]:
                        found.append((node, source, _path(_HOLDING.get(out.pop, out.pop)), is_key))
                        if (source, is_key) not in done:
                            done.add((source, is_key))
                            needed.append((source, is_key))
        for node, source, way, is_key in found:
            inner, outer = _put_into(node, is_key=is_key), _put_into(source, is_key=is_key)
            self._edge(inner, Out("", source, way))
            self._edge(inner, Out("", outer, way))
            if is_key:
                self._keys.update((inner, outer))

    def _classes(self) -> None:
        """Attributes that are read without being named: members of enums, fields of records, by strange bases."""
        fields: dict[Node, list[Node]] = {}
        for path, slot in [node for node in self.births if self.modules.is_attribute(node)]:
            owner = self.modules.scopes.get((path, slot.partition(":")[0]))
            if owner is None:
                continue
            fields.setdefault(self.modules.family(owner), []).append((path, slot))
            if slot.partition(":")[2].startswith("__") and slot.endswith("__"):
                self.uses.setdefault((path, slot), []).append(Use(path, "whoever reads special attributes", 0))
            elif owner[1].endswith(":Meta"):
                self.uses.setdefault((path, slot), []).append(Use(path, "whoever reads class Meta", 0))
            elif base := self.modules.stranger(owner):
                if base.endswith("Settings"):
                    self.unknown.setdefault((path, slot), f"{base} reads the environment")
                self.uses.setdefault((path, slot), []).append(Use(path, f"the base class {base}", 0))
        for node, use in self._handed(fields):
            for field in fields.get(node, ()):
                self.uses.setdefault(field, []).append(use)

    def _handed(self, fields: dict[Node, list[Node]]) -> list[tuple[Node, Use]]:
        """The families whose attributes are read all together, and by what."""
        found: dict[tuple[Node, Use], None] = {}
        modules = self.modules

        @cache
        def family_of(node: Node) -> Node | None:
            """The family whose attributes are all read where the node's value is."""
            thing = modules.thing(node)
            if thing is None or thing.kind not in ("class", "instance"):
                return None
            family = modules.family(thing.node)
            if family not in fields:
                return None
            is_enum = modules.is_enum(family)
            return family if (is_enum if thing.kind == "class" else self._is_record(family) and not is_enum) else None

        def note(node: Node, use: Use) -> None:
            if (family := family_of(node)) is not None:
                found[family, use] = None

        for node, uses in self.uses.items():
            for one in (node, *self.ins.get(node, ())):
                if family_of(one) is None:
                    continue
                for use in uses:
                    if use.taken is None:
                        note(one, Use(use.path, f"{use.what}, with all of its class", use.line))
        for path, names in modules.files.items():
            for edge in names.edges:
                node = modules.node(path, edge.source)
                if edge.source.endswith((".__members__", "._value2member_map_")):
                    node = modules.node(path, edge.source.rpartition(".")[0])
                if node in modules.classes and modules.is_enum(node):
                    note(node, Use(path, "code that goes through the whole enum", edge.line))
            for call in names.calls:
                called = modules.called(path, call.function)
                if called is not None and called.kind == "class" and modules.is_enum(called.node):
                    note(called.node, Use(path, "code that finds members by their values", call.line))
            for slot, reference in names.typed:
                owner = modules.scopes.get((path, slot.partition(":")[0]))
                node = modules.node(path, reference)
                if owner is not None and owner[1].rpartition(":")[2] and node in modules.classes:
                    note(node, Use(path, "a field that is filled by values", 0)) if modules.is_enum(node) else None
        return list(found)

    def _is_record(self, family: Node) -> bool:
        return bool(self.modules.classes[family].fields)

    def _escaped(self, node: Node, place: str) -> None:
        """A function is handed around: it may be called from anywhere."""
        for function in self.modules.functions[node]:
            for name in (*function.parameters, *function.keywords):
                self.unknown.setdefault((node[0], f"{function.scope}:{name}"), place)

    # -- calls

    def _call(self, path: str, call: Call, packages: frozenset[str]) -> None:
        called, doubt = self.modules.called(path, call.function), ""
        name = call.function.rpartition(".")[2].rpartition(":")[2]
        found = self.modules.methods.get(name) if name not in _COMMON else None
        if called is None and found and "." in call.function.partition(":")[2]:
            called = Thing("function", ("", ""), tuple(found))
            doubt = f"it is not known whose method {name}() is called here; say so in a [[call]] of the rules"
        if called is None and name not in _PARTS and "." in call.function.partition(":")[2]:
            base = self.modules.node(path, call.function.rpartition(".")[0])
            self.uses.setdefault(base, []).append(Use(path, f"{name}() of it", call.line))
        functions: list[tuple[str, Function]] = []
        if called is not None and called.kind == "class":
            functions = self.modules.nearest(called.node, "__init__")
            if not functions:
                self._fields(path, call, called.node)
                return
        elif called is not None:
            functions = list(called.functions)
        passed = self._callbacks(path, call)
        result = (path, f"{call.slot}@return")
        skip = called.skip if called is not None else 0
        is_taking = name in _TAKING and self._is_mapping(path, call.function)
        for index, argument in enumerate(call.arguments):
            slot = (path, f"{call.slot}@{argument}")
            key = str(int(argument) - skip) if argument.isdigit() else argument
            if key == "-1":
                continue  # the object of a method that is called by its class
            if is_taking:
                if key == "0":
                    self.uses.setdefault(slot, []).append(Use(path, "a key", call.line))
                if key == "1":
                    self._edge(slot, Out("", result, ()))
                    if name == "setdefault":
                        base = self.modules.node(path, call.function.rpartition(".")[0])
                        self._edge(slot, Out("", base, ("<*>",)))
                        self._put.append((slot, base, ("<*>",)))
                elif name == "setdefault":
                    base = self.modules.node(path, call.function.rpartition(".")[0])
                    self._edge(slot, Out("", base, ("{}",)))
                    self._keys.add(slot)
                continue
            if key.startswith("*"):
                self._spread(slot, key, call, functions, skip)
            targets = [
                (target, function) for home, function in functions if (target := _parameter(home, function, key))
            ]
            if (taken := self._taken_by_rule(call, key)) is not None:
                schema = (path, f"{call.slot}@{taken.schema}") if taken.schema in call.arguments else None
                use = Use(path, f"{name}()", call.line, None, taken, (slot, schema))
                self._vouch(slot, [target for target, _ in targets], use)
                continue
            if called is None and name in _PUTTING and "." in call.function.partition(":")[2]:
                self._grow(slot, key, self.modules.node(path, call.function.rpartition(".")[0]), name)
            if doubt or not targets:
                self._ask(slot, call, key, packages)
            for target, function in targets:
                changed = function.is_decorated and key.isdigit()
                why = doubt or ("a decorator may change the arguments" if changed else "")
                self._edge(slot, _out(target, why))
            if not targets and (index, key) in passed:
                for target, why, by_rule in passed[index, key]:
                    if by_rule is None:
                        self._edge(slot, _out(target, why))
                        continue
                    called_ = by_rule.name.rpartition(".")[2]
                    self._vouch(slot, [target], Use(path, f"{called_}()", call.line, None, by_rule, (slot, None)))
            elif not targets or len(targets) < len(functions):
                message = is_message(call.function.partition(":")[2])
                use = Use(path, f"an argument of {name}()", call.line, is_message=message)
                self.uses.setdefault(slot, []).append(use)
                self.unresolved[slot] = name
        returned = Out("", result, (), doubt)
        for home, function in functions:
            self._edge((home, f"{function.scope}:return"), returned)
        if (not functions and name not in _PARTS and not is_taking) or doubt:
            self.unknown[result] = f"{path}:{call.line}"
        elif not functions:
            self._nothing.add(result)

    def _grow(self, slot: Node, key: str, base: Node, name: str) -> None:
        """An argument of a method that, of a list, a set or a mapping, puts it in there."""
        if key == "**" or (name == "update" and key.isidentifier()):
            push = "" if key == "**" else f"<{key}>"
        elif key == ("1" if name == "insert" else "0"):
            push = _PUTTING[name]
        else:
            return
        self._edge(slot, Out("", base, _path(push)))
        self._put.append((slot, base, _path(push)))

    def _spread(
        self, slot: Node, key: str, call: Call, functions: Iterable[tuple[str, Function]], skip: int = 0
    ) -> None:
        """What is spread over arguments fills each parameter that the call does not give otherwise."""
        for home, function in functions:
            if key == "**":
                names = [name for name in (*function.parameters, *function.keywords) if name not in call.arguments]
                for name in names[sum(one.isdigit() for one in call.arguments) - skip :]:
                    self._edge(slot, Out(f"<{name}>", (home, f"{function.scope}:{name}"), ()))
                continue
            spread = [int(one[1:]) for one in call.arguments if one[:1] == "*" and one[1:].isdigit()]
            for at, name in enumerate(function.parameters[max(0, spread[0] - skip) :]):
                if name not in call.arguments:
                    pop = f"[{at}]" if len(spread) == 1 else "<*>"
                    self._edge(slot, Out(pop, (home, f"{function.scope}:{name}"), ()))

    def _is_mapping(self, path: str, reference: str) -> bool:
        """Whether a method is called of what code of the run makes a mapping."""
        if self._mappings is None:
            self._mappings = {
                self.modules.node(home, one.target)
                for home, names in self.modules.files.items()
                for made in (names.births, names.edges)
                for one in made
                if one.push[:1] in ("<", "{")
            }
        return self.modules.node(path, reference.rpartition(".")[0]) in self._mappings

    def _vouch(self, slot: Node, targets: Iterable[Node], use: Use) -> None:
        """Note that a rule settles at the call what parameters get: backward that is followed, forward it is not."""
        self.uses.setdefault(slot, []).append(use)
        for target in targets if use.taken is not None and not use.taken.schema else ():
            self.vouched.add(target)
            self.given.setdefault(use, set()).add(target)
            self.ins[target][slot] = None

    def _ask(self, slot: Node, call: Call, key: str, packages: frozenset[str]) -> None:
        """Note that a call which nothing explains takes, by its name, a relation in an argument."""
        called = call.function.partition(":")[2]
        if is_prose(called):
            self.prose.add(slot)
        elif (taking := relation_calls.by_call(called, key, call.arguments, packages)) is not None:
            schema = ((slot[0], f"{call.slot}@{taking.schema}"), "") if taking.schema in call.arguments else None
            self.asking[slot] = Asking(slot[0], call.line, taking, schema)

    def _taken_by_rule(self, call: Call, key: str) -> Takes | None:
        """The rule by which a call takes an argument as a relation's name."""
        for takes in self.calls:
            if takes.fits(call.function.partition(":")[2]):
                wanted = takes.keyword if takes.keyword in call.arguments else str(takes.argument)
                return takes if key == wanted else None
        return None

    def _fields(self, path: str, call: Call, node: Node) -> None:
        """A call of a class without a constructor of its own: its arguments are its fields."""
        fields = self.modules.fields(node)
        for key in call.arguments:
            slot = (path, f"{call.slot}@{key}")
            name = fields[int(key)] if key.isdigit() and int(key) < len(fields) else key
            if key.startswith("*"):
                for at, each in enumerate(fields):
                    pop = f"<{each}>" if key == "**" else f"[{at - int(key[1:])}]" if at >= int(key[1:]) else ""
                    if pop and each not in call.arguments:
                        self._edge(slot, Out(pop, self.modules.attribute(node, each), ()))
            if (taken := self._taken_by_rule(call, key)) is not None:
                called = call.function.rpartition(".")[2].rpartition(":")[2]
                targets = [self.modules.attribute(node, name)] if name in fields else []
                schema = (path, f"{call.slot}@{taken.schema}") if taken.schema in call.arguments else None
                self._vouch(slot, targets, Use(path, f"{called}()", call.line, None, taken, (slot, schema)))
            elif name in fields:
                self._edge(slot, Out("", self.modules.attribute(node, name), ()))
            else:
                self.uses.setdefault(slot, []).append(Use(path, "an argument of a class", call.line))

    def _callbacks(self, path: str, call: Call) -> dict[tuple[int, str], list[_Passed]]:
        """The arguments of a call that it hands on to a function which is an argument too: run(f, "jobs", 1)."""
        passed: dict[tuple[int, str], list[_Passed]] = {}
        for item in call.callback:
            at, reference, names = item.split("=")
            function = self.modules.called(path, reference)
            if function is None or function.kind != "function":
                continue
            for node in {(home, one.slot) for home, one in function.functions}:
                self._followed.add(self.modules._own(node))
            rule = next((one for one in self.calls if one.fits(reference.partition(":")[2]) and not one.schema), None)
            keywords = [key for key in call.arguments if not key.isdigit()]
            rest = names.split(",") if len(call.arguments) - len(keywords) > int(at) + 1 else []
            is_partial = call.function.rpartition(".")[2].rpartition(":")[2] in ("partial", "partialmethod")
            for home, one in function.functions:
                handed = list(_handed_on(one, keywords, rest, is_partial=is_partial))
                filled = {name for _, name, _ in handed}
                for name in (*one.parameters, *one.keywords):  # the call may pass it itself
                    if name not in filled and name not in keywords:
                        self.unknown.setdefault((home, f"{one.scope}:{name}"), f"{path}:{call.line}")
                for offset, name, is_sure in handed:
                    index = int(at) + 1 + offset
                    why = "" if is_sure else "it is handed on to a function that is an argument too"
                    found = (home, f"{one.scope}:{name}"), why, _ruled(rule, one, name)
                    passed.setdefault((index, str(index)), []).append(found)
                for index, key in enumerate(call.arguments):
                    if key in one.parameters or key in one.keywords:
                        found = (home, f"{one.scope}:{key}"), "", _ruled(rule, one, key)
                        passed.setdefault((index, key), []).append(found)
        return passed

    # -- reach

    def forward(self, node: Node, birth: Birth, barred: Collection[Node] = ()) -> Reached:
        """Where a literal gets, but by the slots that are `barred`."""
        if node in barred:
            return Reached(frozenset(), frozenset(), frozenset())
        uses: set[Use] = set()
        doubts: set[str] = set()
        asking: set[Asking] = set()
        named: set[Node] = set()
        is_cut = False
        first = (node, _path(birth.push))
        seen = {first}
        waiting = [first]
        while waiting:
            place, part = waiting.pop()
            if "{}" not in part:
                named.add(place)
                if (ask := self.asking.get(place)) is not None and not any(step[0] == "<" for step in part):
                    asking.add(ask)
            for use in self.uses.get(place, ()):
                plain = use.hole is None and use.taken is None
                whole = plain or not part
                uses.add(use if whole else Use(use.path, f"a part of {use.what}", use.line, is_message=use.is_message))
            outs = list(self.outs.get(place, ()))
            if self.modules.is_attribute(place):
                outs.append(Out("", ("*", place[1].partition(":")[2]), ()))
            for out in outs:
                taken = _taken(part, out.pop)
                if taken is None:
                    is_cut = is_cut or _is_odd(part, out.pop)
                    if what := _looked(part, out.pop):
                        uses.add(Use(place[0], what, 0))
                    continue
                if out.target in barred:
                    continue
                following = (out.target, out.push + taken)
                if len(following[1]) > DEEPEST_PART or len(seen) > MOST_STATES:
                    uses.add(Use(place[0], "code too far away to be followed", 0))
                    is_cut = True
                    continue
                if out.doubt:
                    doubts.add(out.doubt)
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        nodes = frozenset(place for place, _ in seen)
        return Reached(frozenset(uses), frozenset(doubts), nodes, frozenset(asking), frozenset(named), is_cut)

    def backward(self, node: Node) -> frozenset[Node]:
        """The slots from which something gets into a slot, itself included; FAR among them, where there are more."""
        seen = {node}
        waiting = [node]
        while waiting:
            if len(seen) >= MOST_STATES:
                seen.add(FAR)
                break
            place = waiting.pop()
            for source in self.ins.get(place, ()):
                if source not in seen and (source not in self._keys or self._gives_keys(place)):
                    seen.add(source)
                    waiting.append(source)
        return frozenset(seen)

    def _gives_keys(self, node: Node) -> bool:
        """Whether more is taken of a mapping than its values."""
        return any(out.pop in _WITH_KEYS for out in self.outs.get(node, ()))

    def gap(self, nodes: Iterable[Node]) -> str:
        """Where one of the slots gets a value that is not known; "" if none does."""
        for node in sorted(nodes):
            if node == FAR:
                return f"values come by more than {MOST_STATES:,} steps, which are not followed"
            if node in self.unknown:
                return self.unknown[node]
            if node[0] == "*":
                return f"an attribute {node[1]} of an object that is not known"
            if node not in self.ins and node not in self.births and not self._is_empty(node):
                return f"{node[0]}: {node[1].rpartition(':')[2]}"
            if self.modules.is_attribute(node):
                scope, _, own = node[1].rpartition(":")
                if ("*", own) in self.ins:
                    return f"an attribute {own} that is set from outside"
                if (every := (node[0], f"{scope}:*")) in self.ins or every in self.births:
                    return f"an attribute {own} that may be set by a name which code computes"
        return ""

    def _is_empty(self, node: Node) -> bool:
        """Whether a slot that gets no name holds none: what holds numbers only, or a function that returns nothing."""
        scope, _, name = node[1].rpartition(":")
        if name.startswith("#"):
            return not name.endswith("@return") or node in self._nothing
        function = self.functions.get((node[0], scope)) if name == "return" else None
        if function is None or node[0].endswith(".pyi"):
            return False
        owner = self.modules.scopes.get((node[0], function.slot.partition(":")[0]))
        return owner is None or not any(base.endswith("Protocol") for base in self.modules.classes[owner].bases)

    def entries(self, nodes: Iterable[Node], *, whole: bool) -> Iterator[str]:
        """The functions whose parameters are among the slots and that others may call.

        With the `whole` project at hand these are the ones that a decorator may give away, or a base class may call.
        """
        for node in nodes:
            function = self.parameters.get(node)
            if function is None:
                continue
            owner = self.modules.scopes.get((node[0], function.slot.partition(":")[0]))
            if not whole or function.is_decorated or (owner is not None and self.modules.stranger(owner)):
                yield function.slot.rpartition(":")[2]


def _put_into(node: Node, *, is_key: bool) -> Node:
    """The slot, of no file, of what is put into a list or mapping, or of a mapping's keys."""
    return ("", f":#{'keys' if is_key else 'put'} {node[0]} {node[1].replace(':', '/')}")


_HOLDING = {"": "", "iter": "[]", "values": "<*>"}
"""The part of a value that an edge takes, as the way to it, where that is not the same."""
_COPYING = frozenset(("+", "[:]", "{}"))
"""What an edge takes that is no part which the value itself goes on to hold."""
_PUTTING = {
    **dict.fromkeys(("append", "appendleft", "add", "insert"), "[]"),
    "extend": "",
    "extendleft": "",
    "update": "",
}
"""Methods that put an argument into a list, a set or a mapping: as what."""
_WITH_KEYS = frozenset(("", "+", "[:]", "iter", "{}"))
"""What an edge takes that may be a mapping's keys."""
_SCHEMAS = frozenset(("schema", "schema_name", "source_schema", "referent_schema"))
"""The keywords by which calls take a schema."""
_TAKING = frozenset(("get", "pop", "setdefault"))
_PARTS = frozenset(("items", "values", "keys", "copy", "get"))
_COMMON = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int) for name in dir(kind)) | frozenset(
    """
        execute executemany fetch fetchone fetchall fetchrow fetchval debug info warning error exception critical log
        write read open close send publish put run call get_or_create filter exclude
        """.split()
)
"""Names that methods of anybody's objects have: no sign of whose method is called."""


@lru_cache(maxsize=4096)
def _out(target: Node, doubt: str) -> Out:
    """An edge that takes all of a value: a parameter has many, all the same."""
    return Out("", target, (), doubt)


def _path(push: str) -> Path:
    return tuple(_STEP.findall(push)) if push else ()


def _ruled(rule: Takes | None, function: Function, parameter: str) -> Takes | None:
    """The rule, if it is this parameter of the function that it gives to relations."""
    if rule is None:
        return None
    place = function.parameters.index(parameter) if parameter in function.parameters else -1
    return rule if parameter == rule.keyword or (place == rule.argument and not rule.keyword) else None


def _handed_on(
    function: Function, keywords: Sequence[str], given: Sequence[str], *, is_partial: bool = False
) -> Iterator[tuple[int, str, bool]]:
    """The parameters that positional arguments may be handed on to, behind those that the caller puts first.

    How many these are is told by arguments with the name of a parameter (then it is sure), else by the function's
    signature: it gets all its parameters, or all that it can't do without. `is_partial`: there are none.
    """
    plain = function.parameters[: len(function.parameters) - function.optional]
    names = [name for name in function.parameters if name not in keywords]
    told = {names.index(name) - at for at, name in enumerate(given) if name in names[at:]}
    every, least = len(names) - len(given), sum(name not in keywords for name in plain) - len(given)
    shifts = told if len(told) == 1 else {shift for shift in (every, least) if shift >= 0}
    for shift in sorted({0} if is_partial else shifts):
        for at, name in enumerate(names[shift : shift + len(given)]):
            yield at, name, is_partial or len(told) == 1 or given[at] == name


def _parameter(home: str, function: Function, key: str) -> Node | None:
    """The slot of the parameter that an argument goes to."""
    if key.isdigit():
        index = int(key)
        return (home, f"{function.scope}:{function.parameters[index]}") if index < len(function.parameters) else None
    if key in function.parameters or key in function.keywords:
        return (home, f"{function.scope}:{key}")
    return None


def _looked(part: Path, pop: str) -> str:
    """What is taken of a name itself that is not all of it; "" if nothing is."""
    if not part and pop != "+":
        return "code that takes a part of it"
    return "a lookup of a key" if part[:1] == ("{}",) and pop[:1] == "<" else ""


def _is_odd(part: Path, pop: str) -> bool:
    """Whether a mapping's part is taken of what is known as a list's element: dict() makes one of pairs, say."""
    return part[:1] != () and part[0][0] == "[" and (pop in ("values", "{}") or (pop[:1] == "<" and pop != "<*>"))


def _taken(part: Path, pop: str) -> Path | None:
    """What is left of the way to a part, where `pop` is taken out; None where the part is not in that."""
    if not pop:
        return part
    if not part:
        return None
    first, rest = part[0], part[1:]
    if pop in ("+", "[:]"):
        return part
    kind = first[0]
    if pop == "iter":
        fits = kind in "[{"
    elif pop == "{}":
        fits = kind == "{"
    elif pop == "values":
        fits = kind == "<"
    elif pop == "<*>":
        fits = kind in "[<"
    elif pop[0] == "<":
        fits = first in (pop, "<*>")
    else:
        fits = first in (pop, "[]", "<*>", f"<{pop[1:-1]}>")
    return rest if fits else None
