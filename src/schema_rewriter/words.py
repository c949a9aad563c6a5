"""The words of SQL that statements begin with, and those that a relation's name stands behind.

The only place that knows them: filters over bytes, hosts, the readers of SQL and the judgement of a text by its look
take their lists from here. Imports nothing, so that a run that finds nothing to do pays nothing for it. Source:
PostgreSQL manual, part VI, "SQL Commands". Words are folded; the lists say why they differ.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what typing has costs a run that finds nothing to do
if TYPE_CHECKING:
    from collections.abc import Iterable

# What statements begin with.

QUERY = frozenset("select with values table insert update delete merge".split())
"""The words that a query, or a statement with one, begins with."""

ACTS = frozenset("select insert update delete merge create alter drop truncate copy lock".split())
"""Verbs of statements that nearly always name a relation, and that prose seldom begins with."""

MAINTAINS = frozenset("vacuum analyze cluster reindex refresh explain".split())
"""Verbs of statements that look after relations, or explain a statement."""

GRANTS = frozenset("comment grant revoke".split())
"""Verbs of statements that say something about relations."""

VERBS = frozenset(
    (
        *QUERY,
        *ACTS,
        *MAINTAINS,
        *GRANTS,
        *tuple("analyse prepare declare do call set security import begin start".split()),
    )
)
"""The words that statements begin with, those left out that name no relation."""

SHOWS_SQL = ACTS | MAINTAINS | GRANTS | {"prepare", "declare", "execute"}
"""Verbs of which one stands in every file with SQL: without those that are everyday words of code."""

BESIDE_A_HOLE = ACTS | MAINTAINS | GRANTS | {"table", "with"}
"""Verbs in whose statements code may put a relation's name."""

IN_ROUTINES = QUERY | ACTS | MAINTAINS | GRANTS | {"do", "set", "import"}
"""What a statement of SQL in a body of PL/pgSQL begins with; the others are PL/pgSQL's own there."""

NAMELESS = frozenset(
    """savepoint release rollback listen unlisten notify close deallocate fetch move execute show reset discard
    begin start commit end abort checkpoint load set""".split()
)
"""Verbs of statements that never name a relation; of SET, SET CONSTRAINTS is one that does."""

NAMELESS_OBJECTS = frozenset(
    """role user group database schema tablespace language collation conversion server access text event""".split()
)
"""What CREATE, ALTER and DROP are of, where the statement never names a relation or its type."""

OPAQUE = NAMELESS | frozenset(
    "copy lock vacuum cluster reindex explain prepare declare refresh revoke security do call import reassign".split()
)
"""Verbs of statements of which sqlglot makes no tree."""

NO_CLAUSES = frozenset("create alter drop copy do comment grant revoke prepare security import reindex".split())
"""Verbs of statements in which no clause tells what a name is."""

AROUND_A_PATH = frozenset("begin start commit rollback end abort reset".split())
"""Verbs of statements that may stand around one that sets the search_path, and say nothing of relations."""

ENDS_TRANSACTION = frozenset("commit rollback end abort".split())
"""Verbs of statements that end a transaction."""

BEGINS_BEFORE_A_NAME = frozenset("update truncate lock analyze vacuum create alter drop".split())
"""Verbs that a statement begins with, a relation's name right behind them."""

# What a relation's name stands behind.

NAMES = frozenset("from join into update table only truncate".split())
"""The words behind which a relation's name stands, wherever they are."""

BEFORE_A_RELATION = NAMES | frozenset("using copy references inherit inherits like view sequence partition".split())
"""Words behind which an unknown name in a statement is a relation's, and an operand is none."""

BEFORE_COLUMNS = frozenset("into table on only update references copy like analyze vacuum exists of".split())
"""Words behind which a name with parentheses is a relation and its columns, and no function."""

TELLS_A_RELATION = NAMES | {"on", "lock", "vacuum"}
"""Words behind which an open name is worth telling, in a piece of a statement."""

BEFORE_A_HOLE = (NAMES - {"update"}) | frozenset("exists vacuum analyze concurrently view index on".split())
"""Words behind which a hole is a relation's name, in a statement of capitals: UPDATE alone is a headline."""

CLAUSES = frozenset(
    """from into set where join values table using on order group by having limit returning left right inner outer
    cross union and or not exists if index add column""".split()
)
"""Words that statements have behind their verb, and that show that a text is one."""

BEGINS_A_PIECE = frozenset(
    "from join left right inner outer cross full natural where and or not exists union except intersect using".split()
)
"""Words that pieces of statements begin with, and that relations may stand behind."""

MAY_STAND_BEFORE_A_HOLE = NAMES | frozenset(
    "exists on using view sequence index lock copy references like analyze vacuum verbose full freeze cluster".split()
)
"""Words that code may put a relation's name behind, in whatever statement."""

ENDS_OPEN = NAMES | {"exists"}
"""Words that a literal ends with where code puts the relation's name behind it."""

BEFORE_A_NAME_IN_BYTES = ENDS_OPEN | frozenset(
    "using references view index on lock analyze vacuum create alter drop".split()
)
"""Words behind which a hole in any file's bytes may be a relation's name: more than it takes, to overlook nothing."""


def any_of(words: Iterable[str]) -> str:
    """What stands for any of the words in a regular expression, inside parentheses; sorted: a set has no order."""
    return "|".join(sorted(words))


MAKES_SCHEMA = rb"(?i)create\s+schema\b|\bCreateSchema\b|\bsr_make_schema\b"
"""What a file says that may create a schema: by SQL, by SQLAlchemy, by the functions of our own migrations."""
