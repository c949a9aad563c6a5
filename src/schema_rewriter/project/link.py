"""What each file of a run gets from the others, by the facts of all; knows facts and rules only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter import sql
from schema_rewriter.finding import Helper
from schema_rewriter.project import temporary
from schema_rewriter.project.conflicts import conflicts, implied_conflicts, index_conflicts
from schema_rewriter.project.context import Context
from schema_rewriter.project.django import django_tables, unresolved
from schema_rewriter.project.flow import decisions
from schema_rewriter.project.flow.build import build
from schema_rewriter.project.flow.names import Names
from schema_rewriter.project.flow.sharing import shared_names
from schema_rewriter.project.flow.symbols import SymbolTable
from schema_rewriter.project.history import histories, unfinished
from schema_rewriter.project.missing_schemas import missing_schemas
from schema_rewriter.project.models import sought, wanted_modules, with_models
from schema_rewriter.project.open_ctes import put_before
from schema_rewriter.project.owned_moves import owned_moves
from schema_rewriter.project.renames import former

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.project.conflicts import Conflict, IndexConflict
    from schema_rewriter.project.context import Frozen
    from schema_rewriter.project.definitions import DefinitionSite
    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.project.missing_schemas import MissingSchema
    from schema_rewriter.project.renames import Rename
    from schema_rewriter.rules import Move, RuleSet


@dataclass(frozen=True, slots=True)
class Linked:
    """The outcome: what each file gets, and what makes further files worth a look.

    `words` are names that such a file says. `shared` are names of code that hold relations' names, each with a word
    that stands in such a file too (its module's name), or "." for an attribute; "*" stands for an import of all names.
    `defined` are functions and classes that it defines. `helpers` are the functions found to take a relation's name.
    `modelled` are the names of the tables that models have, though no file says them.
    """

    moves: tuple[Move, ...] = ()
    contexts: dict[str, Context] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    shared: frozenset[tuple[str, str]] = frozenset()
    defined: frozenset[str] = frozenset()
    helpers: tuple[Helper, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    index_conflicts: tuple[IndexConflict, ...] = ()
    former: tuple[Rename, ...] = ()
    modelled: frozenset[str] = frozenset()
    missing: tuple[MissingSchema, ...] = ()

    def context(self, path: str) -> Context:
        """What the file gets."""
        found = self.contexts.get(path) or Context(self.moves)
        missing = tuple(one for one in self.missing if one.place.path == path)
        found = replace(found, conflicts=self.conflicts, index_conflicts=self.index_conflicts)
        return replace(found, former=self.former, missing=missing)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes further files of a run worth a look, as in `Linked`.

    `modules` are those of models, see there; `schemas` are those that further files may create; `settings` are texts of
    files that hold for all models.
    """

    words: frozenset[str] = frozenset()
    shared: frozenset[tuple[str, str]] = frozenset()
    defined: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()


class Linker:
    """The files of a run, each by its facts, while ever more of them are found.

    `whole`: they are all files of a project. `values`: what expressions in SQL may be is wanted, moved or not. All
    questions raise FileFaultError where a file can't be linked; then nothing of it was noted.
    """

    def __init__(self, rules: RuleSet, *, whole: bool = False, values: bool = False) -> None:
        self._rules, self._whole, self._values = rules, whole, values
        self.files: list[Facts] = []
        self._flow: _Flow | None = None
        self._wanted: Wanted | None = None
        self._frozen: dict[str, Frozen] = {}

    def add(self, files: Iterable[Facts]) -> None:
        """Take further files."""
        before = len(self.files)
        self.files += files
        if len(self.files) > before:
            self.forget()
            self._frozen = histories(self.files, self._rules)

    def forget(self) -> None:
        """Let go of all that was found out, which takes much memory: it is found out anew where it is asked for."""
        if self._flow is not None:
            self._flow.names.forget()
        self._flow = None
        self._wanted = None

    def wanted(self) -> Wanted:
        """What makes further files worth a look."""
        if self._wanted is None:
            self._wanted = self._found_wanted()
        return self._wanted

    def _found_wanted(self) -> Wanted:
        moves = owned_moves(self.files, self._rules)
        past = former([item for file in self.files for item in file.defined], self._rules)
        words = {name for move in moves for name in (move.relation.name, move.to.name)} | {one.old.name for one in past}
        words |= unfinished(self.files, self._rules)
        flow = self._followed(moves)
        modules = frozenset(wanted_modules(self._live, self._symbols(flow)))
        schemas, settings = self._sought_schemas(), sought(self._live)
        if flow is None:
            return Wanted(frozenset(words), modules=modules, schemas=schemas, settings=settings)
        nodes, graph = flow.nodes, flow.graph
        bases = unresolved(self.files, graph.symbols, self._rules)
        return Wanted(
            frozenset(words),
            frozenset((*shared_names(self.files, graph.symbols, nodes), *temporary.shared(self.files))),
            frozenset((*(graph.unresolved[node] for node in nodes if node in graph.unresolved), *bases)),
            modules,
            schemas,
            settings,
        )

    def _sought_schemas(self) -> frozenset[str]:
        """The schemas that tables are made in, by SQL or by models, and that files not read yet may create."""
        found = {one.schema for one in missing_schemas(self._known(), self._created(), self._rules)}
        if any(one.kind == "tables" for file in self._live for one in file.orm.settings):
            targets = {move.to.schema or "" for move in self._rules.moves}
            found |= {schema for schema in targets if self._rules.may_lack(schema)}
        return frozenset(found)

    def linked(self) -> Linked:
        """What the files get from each other."""
        wanted = self.wanted()
        moves = owned_moves(self.files, self._rules)
        contexts, helpers = self._contexts(moves)
        contexts |= self._with_django(contexts, moves)
        contexts = self._with_models(contexts, moves)
        contexts |= {path: Context(frozen=frozen) for path, frozen in self._frozen.items()}
        known = self._known()
        told = index_conflicts(known, self._rules)
        owned = ((file.path, name, owner) for file in self.files for name, owner in file.owned)
        implied = implied_conflicts(known, owned, self._rules)
        return Linked(
            moves,
            contexts,
            wanted.words,
            wanted.shared,
            wanted.defined,
            helpers,
            conflicts(known, self._rules),
            (*told, *(clash for clash in implied if clash.name not in {one.name for one in told})),
            former([item for file in self.files for item in file.defined], self._rules),
            frozenset(table.relation.name for one in contexts.values() for table in one.django if table.target),
            missing_schemas(known, self._created(), self._rules),
        )

    @property
    def _live(self) -> list[Facts]:
        """The files that are no history."""
        return [file for file in self.files if file.path not in self._frozen]

    def _known(self) -> list[DefinitionSite]:
        """What files define and is held against each other."""
        return [item for file in self.files for item in file.defined if _counts(item, file, self._frozen)]

    def _symbols(self, flow: _Flow | None) -> SymbolTable:
        """What names stand for: as the graph has it, where there is one."""
        return flow.graph.symbols if flow is not None else SymbolTable(self.files)

    def _created(self) -> frozenset[str]:
        """The schemas that some file creates, history included."""
        return frozenset(name for file in self.files for name in file.schemas)

    def _with_models(self, contexts: dict[str, Context], moves: tuple[Move, ...]) -> dict[str, Context]:
        """The contexts with what becomes of names in models, whose literals are told there and nowhere else."""
        live = self._live
        if not any(file.orm.classes or file.orm.names for file in live):
            return contexts
        rules = replace(self._rules, moves=self._rules.moves + moves) if moves else self._rules
        symbols = self._symbols(self._followed(moves))
        return with_models(contexts, live, symbols, rules, moves)

    def _followed(self, moves: tuple[Move, ...]) -> _Flow | None:
        """The flow of values through the files; None where none of them names anything."""
        if self._flow is None and any(item.names.literals or item.positions for item in self.files):
            rules = replace(self._rules, moves=self._rules.moves + moves) if moves else self._rules
            self._flow = _Flow.of(self.files, rules, self._frozen)
        return self._flow

    def _with_django(self, contexts: Mapping[str, Context], moves: tuple[Move, ...]) -> dict[str, Context]:
        """The contexts of the files that models of Django concern."""
        if not any(item.django.models for item in self.files):
            return {}
        symbols = self._symbols(self._followed(moves))
        return django_tables(self.files, symbols, self._frozen, self._rules, every=self._values).told(contexts, moves)

    def _contexts(self, moves: tuple[Move, ...]) -> tuple[dict[str, Context], tuple[Helper, ...]]:
        """What each file gets of the flow of values, and the functions found to take a relation's name."""
        flow = self._followed(moves)
        if flow is None:
            own, ctes = temporary.beside(temporary.hidden(self.files), self.files), put_before(self.files)
            paths = own.keys() | ctes.keys()
            none: tuple[tuple[str, str], ...] = ()
            return {
                path: Context(moves, temporary=own.get(path, none), ctes=ctes.get(path, none)) for path in paths
            }, ()
        ctes = put_before(self.files)
        hidden = temporary.beside(flow.names.hidden, self.files)
        decided = decisions.decide(flow.names, flow.rules, whole=self._whole, values=self._values)
        paths = decided.literals.keys() | decided.holes.keys() | decided.values.keys() | decided.arguments.keys()
        paths |= hidden.keys() | ctes.keys() | decided.glued.keys() | decided.replaced.keys()
        contexts = {
            path: Context(
                moves,
                tuple(decided.literals.get(path, ())),
                tuple(decided.holes.get(path, ())),
                values=tuple(decided.values.get(path, ())),
                arguments=tuple(decided.arguments.get(path, ())),
                temporary=hidden.get(path, ()),
                ctes=ctes.get(path, ()),
                glued=tuple(decided.glued.get(path, ())),
                replaced=tuple(decided.replaced.get(path, ())),
            )
            for path in sorted(paths)
        }
        helpers = sorted(
            Helper(path, slot.replace(":", ".").lstrip("."), tuple(sorted(names)))
            for (path, slot), names in decided.helpers.items()
        )
        return contexts, tuple(helpers)


@dataclass(frozen=True, slots=True)
class _Flow:
    """How values flow through some files; `nodes` are the slots that get one which moves."""

    rules: RuleSet
    graph: ValueFlowGraph
    names: Names
    nodes: frozenset[Node]

    @classmethod
    def of(cls, files: Sequence[Facts], rules: RuleSet, frozen: Collection[str]) -> _Flow:
        graph = build(SymbolTable(files), rules.relation_calls)
        names = Names([replace(file, positions=()) if file.path in frozen else file for file in files], graph, frozen)
        return cls(rules, graph, names, names.passed(rules))


def link(every: Iterable[Facts], rules: RuleSet, *, whole: bool = False, values: bool = False) -> Linked:
    """What the files, each by its facts, get from each other. Raises FileFaultError."""
    linker = Linker(rules, whole=whole, values=values)
    linker.add(every)
    return linker.linked()


def texts(every: Iterable[Facts], rules: RuleSet) -> dict[tuple[str, Span], tuple[str, ...]]:
    """The literals that are known to get into each hole for a relation's name, by path and place of the expression."""
    files = list(every)
    if not any(item.positions for item in files):
        return {}
    return decisions.texts(Names(files, build(SymbolTable(files), rules.relation_calls)), rules)


def _counts(item: DefinitionSite, file: Facts, frozen: Collection[str]) -> bool:
    """Whether a definition says what there is: what a migration makes, a later one has changed."""
    return file.path not in frozen or not isinstance(item.what, (sql.Table, sql.Index))
