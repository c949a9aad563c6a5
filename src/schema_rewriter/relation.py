"""Relations and the names PostgreSQL gives them; knows no SQL beyond identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMEDATALEN = 63
"""Bytes of a name that PostgreSQL keeps; it cuts the rest (manual, section 4.1.1)."""

# Everything but UNRESERVED in `pg_get_keywords()`: what quote_ident() quotes. Union of PostgreSQL 14 to 18.
KEYWORDS = frozenset(
    """
        all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean
        both case cast char character check coalesce collate collation column concurrently constraint create
        cross current_catalog current_date current_role current_schema current_time current_timestamp
        current_user dec decimal default deferrable desc distinct do else end except exists extract false
        fetch float for foreign freeze from full grant greatest group grouping having ilike in initially
        inner inout int integer intersect interval into is isnull join json json_array json_arrayagg
        json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
        lateral leading least left like limit localtime localtimestamp merge_action national natural nchar
        none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
        placing position precision primary real references returning right row select session_user setof
        similar smallint some substring symmetric system_user table tablesample then time timestamp to
        trailing treat trim true union unique user using values varchar variadic verbose when where window
        with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
        xmlserialize xmltable
        """.split()
)

# RESERVED and TYPE_FUNC_NAME in `pg_get_keywords()`: without quotes, no relation can be called so.
RESERVED = frozenset(
    """
        all analyse analyze and any array as asc asymmetric authorization binary both case cast check
        collate collation column concurrently constraint create cross current_catalog current_date
        current_role current_schema current_time current_timestamp current_user default deferrable desc
        distinct do else end except false fetch for foreign freeze from full grant group having ilike in
        initially inner intersect into is isnull join lateral leading left like limit localtime
        localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
        references returning right select session_user similar some symmetric system_user table tablesample
        then to trailing true union unique user using variadic verbose when where window with
        """.split()
)

# UNRESERVED in `pg_get_keywords()`: words of SQL that may be any name.
UNRESERVED = frozenset(
    """
        abort absent absolute access action add admin after aggregate also alter always asensitive assertion
        assignment at atomic attach attribute backward before begin breadth by cache call called cascade
        cascaded catalog chain characteristics checkpoint class close cluster columns comment comments
        commit committed compression conditional configuration conflict connection constraints content
        continue conversion copy cost csv cube current cursor cycle data database day deallocate declare
        defaults deferred definer delete delimiter delimiters depends depth detach dictionary disable
        discard document domain double drop each empty enable encoding encrypted enforced enum error escape
        event exclude excluding exclusive execute explain expression extension external family filter
        finalize first following force format forward function functions generated global granted groups
        handler header hold hour identity if immediate immutable implicit import include including increment
        indent index indexes inherit inherits inline input insensitive insert instead invoker isolation keep
        key keys label language large last leakproof level listen load local location lock locked logged
        mapping match matched materialized maxvalue merge method minute minvalue mode month move name names
        nested new next nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object objects of off
        oids old omit operator option options ordinality others over overriding owned owner parallel
        parameter parser partial partition passing password path period plan plans policy preceding prepare
        prepared preserve prior privileges procedural procedure procedures program publication quote quotes
        range read reassign recheck recursive ref referencing refresh reindex relative release rename
        repeatable replace replica reset restart restrict return returns revoke role rollback rollup routine
        routines rows rule savepoint scalar schema schemas scroll search second security sequence sequences
        serializable server session set sets share show simple skip snapshot source sql stable standalone
        start statement statistics stdin stdout storage stored strict string strip subscription support
        sysid system tables tablespace target temp template temporary text ties transaction transform
        trigger truncate trusted type types uescape unbounded uncommitted unconditional unencrypted unknown
        unlisten unlogged until update vacuum valid validate validator value varying version view views
        virtual volatile whitespace within without work wrapper write xml year yes zone
        """.split()
)

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
# A name may hold any character from U+0080 on; white space is ASCII only (the server's scan.l).
_SPACE = " \t\n\r\f\v"
# Its classes are written by what of ASCII is not in them: with a range up to U+10FFFF, `re` takes 3 ms to compile them.
_PART = re.compile(r'[ \t-\r]*(?:"((?:[^"]|"")+)"|([^\x00-@\[-^`{-\x7f][^\x00-#%-/:-@\[-^`{-\x7f]*))[ \t-\r]*')


OWNED_ENDS = ("_idx", "_index", "_key", "_pkey", "_excl", "_fkey", "_seq")
"""How the names of indexes, constraints and sequences end that the server, or a person, makes of a table's name."""


def clip(name: str) -> str:
    """The name as PostgreSQL stores it: its first 63 bytes of UTF-8, whole characters only."""
    if len(name) * 4 <= NAMEDATALEN:
        return name
    return name.encode("utf-8", "surrogatepass")[:NAMEDATALEN].decode("utf-8", "ignore")


def fold(identifier: str) -> str:
    """The name that an identifier of SQL, quoted or not, stands for.

    Unquoted letters fold to lower case, ASCII only (in a multi-byte encoding the server leaves the others alone).

    >>> fold('Events'), fold('"Events"'), fold('"a""b"')
    ('events', 'Events', 'a"b')
    """
    if identifier.startswith('"'):
        return clip(identifier[1:-1].replace('""', '"'))
    return clip(identifier.translate(_UPPER))


def quote(name: str, *, always: bool = False) -> str:
    """The identifier that stands for a name, in quotes only where it needs them (as quote_ident tells) or `always`.

    >>> quote('cyrex'), quote('Order Items'), quote('user')
    ('cyrex', '"Order Items"', '"user"')
    """
    if _PLAIN.match(name) and name not in KEYWORDS and not always:
        return name
    return '"' + name.replace('"', '""') + '"'


def split_identifier(text: str) -> tuple[str, ...]:
    """The folded parts of a dotted name, as `quote_ident` and regclass read it; () if it is no such name.

    >>> split_identifier('Public."Order.Items"')
    ('public', 'Order.Items')
    >>> split_identifier('not a name')
    ()
    """
    parts: list[str] = []
    at = 0
    while found := _PART.match(text, at):
        parts.append(fold(found[0].strip(_SPACE)))
        at = found.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != ".":
            return ()
        at += 1
    return ()


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """Anything in pg_class, by its folded names; `schema` is None where the SQL leaves it to the search_path.

    >>> str(Relation("cyrex", "Order"))
    'cyrex."Order"'
    """

    schema: str | None
    name: str

    def __str__(self) -> str:
        return quote(self.name) if self.schema is None else f"{quote(self.schema)}.{quote(self.name)}"
