"""Watches who uses the old names for some time: sessions, their locks, pg_stat_statements. Judges nothing itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from schema_rewriter.postgres.audit import checks
from schema_rewriter.postgres.audit.old_names import old_names
from schema_rewriter.postgres.audit.usage import SessionUse, Usage, judged
from schema_rewriter.postgres.connection import reading

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.postgres.audit.old_names import OldNames
    from schema_rewriter.postgres.connection import Connection
    from schema_rewriter.rules import RuleSet

_PAUSE = 0.05
"""Seconds between two looks: a transaction of a moment is seen by chance only, and often if it comes often."""


def watch(connection: Connection, rules: RuleSet, seconds: float = 0.0, deployed: Collection[str] = ()) -> Usage:
    """Who uses the old names within so many seconds from now, seen at least once.

    `deployed` are the values of application_name that only new code has.
    """
    watching = _Watching(connection, rules)
    before = watching.counted() if seconds else {}
    until = time.monotonic() + seconds
    watching.look()
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(_PAUSE, left))
        watching.look()
    after = watching.counted() if seconds else {}
    [(standby,)] = connection.execute("SELECT pg_catalog.pg_is_in_recovery()").fetchall()
    usage = judged(list(watching.seen.values()), frozenset(deployed), seconds)
    return Usage(usage.users, usage.unknown, tuple(_more(before, after)), seconds, bool(standby))


class _Watching:
    """What has been seen so far, by session; texts are read once."""

    def __init__(self, connection: Connection, rules: RuleSet) -> None:
        self.connection, self.rules = connection, rules
        self.seen: dict[tuple[int, Any], SessionUse] = {}
        self._texts: dict[str, OldNames] = {}

    def look(self) -> None:
        """Note what every session shows at this moment."""
        with reading(self.connection):
            rows = checks.rows(self.connection, checks.SESSIONS, self.rules)
        for one in self.seen.values():
            one.present = False
        for role, application, pid, began, query, is_seen, old, new in rows:
            one = self.seen.setdefault((pid, began), SessionUse(role, application, pid))
            one.application, one.present, one.hidden = application, True, not is_seen
            said = self._said(query) if is_seen else self._said("")
            one.old |= {*old, *said.relations}
            one.says_new |= (said.says_new and not said.doubts) or (bool(new) and not old)
            one.last = query

    def counted(self) -> dict[tuple[Any, ...], tuple[int, tuple[str, ...]]]:
        """How often each statement of pg_stat_statements that says an old name has been run; nothing without it.

        From PostgreSQL 18 on a statement on the old name and one on the new name are one entry there.
        """
        if self.connection.info.server_version >= 180000:
            return {}
        with reading(self.connection):
            where = self.connection.execute(checks.STATEMENTS_VIEW).fetchone()
            if where is None:
                return {}
            query = f"SELECT userid, queryid, calls, query FROM {where[0]} WHERE dbid = {checks.THIS_DATABASE}"
            rows = self.connection.execute(query.encode()).fetchall()
        found = ((user, number, calls, self._said(str(text))) for user, number, calls, text in rows)
        return {(user, number): (int(calls), said.relations) for user, number, calls, said in found if said.relations}

    def _said(self, text: str) -> OldNames:
        if text not in self._texts:
            self._texts[text] = old_names(text, self.rules)
        return self._texts[text]


def _more(
    before: dict[tuple[Any, ...], tuple[int, tuple[str, ...]]],
    after: dict[tuple[Any, ...], tuple[int, tuple[str, ...]]],
) -> list[str]:
    """What has been run in between, in words."""
    said: dict[str, int] = {}
    for key, (calls, relations) in after.items():
        more = calls - before.get(key, (0, ()))[0]
        for relation in relations if more > 0 else ():
            said[relation] = said.get(relation, 0) + more
    return [
        f"pg_stat_statements counts {more} more statement{'s' * (more > 1)} that say{'s' * (more == 1)} {relation}"
        for relation, more in sorted(said.items())
    ]
