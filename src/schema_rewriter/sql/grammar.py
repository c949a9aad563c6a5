"""The forms of statements that sqlglot keeps opaque, in a small language, and the language itself.

A form is a line of FORMS, in a small language (source: PostgreSQL manual, part VI, "SQL Commands"):

    word     this word                     [word ..]  any of these words, any number of times, or none
    {a|b c}  one of these                  ..word     whatever comes before this word, and the word
    rel      a relation, or a list of      col        a relation's column: the parts before the last name it
    name     a name that is no relation    ()         something in parentheses, or nothing
    def      a relation without columns    query      the rest is a query, perhaps WITH CHECK OPTION or NO DATA
    stmt     the rest is a statement       rest       the rest: CLAUSES that name relations, and sub-queries
    datatype a type, or a list of such    sig        a routine with the types of its arguments, or a list of such
    args     types in parentheses          options    options in parentheses, whose values may be types

A relation may have ONLY before it, and `*` or columns in parentheses behind it. Forms of one head are tried in order.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product

FORMS = """
    lock [table] rel rest
    {vacuum|analyze|analyse} () [full freeze verbose analyze analyse] rel
    cluster () [verbose] name on rel
    cluster () [verbose] rel rest
    reindex () {table|index} [concurrently] rel
    reindex rest
    explain () [analyze analyse verbose] stmt
    prepare name as stmt
    prepare name args as stmt
    declare name [binary asensitive insensitive no scroll] cursor [with without hold] for stmt
    refresh materialized view [concurrently] rel rest
    {grant|revoke} ..on [table sequence] rel {to|from} rest
    {grant|revoke} ..on {function|procedure|routine} sig {to|from} rest
    {grant|revoke} ..on type datatype {to|from} rest
    {grant|revoke} rest
    {comment on|security label ..on} {table|view|materialized view|foreign table|sequence|index} rel is rest
    {comment on|security label ..on} column col is rest
    {comment on|security label ..on} {function|procedure|routine|aggregate} sig is rest
    {comment on|security label ..on} type datatype is rest
    comment on cast ( datatype as datatype ) is rest
    comment on operator ..args is rest
    comment on transform for datatype language rest
    comment on constraint name on domain rest
    comment on {constraint|trigger|policy|rule} name on rel is rest
    {comment on|security label} rest
    {create|alter} policy name on rel rest
    drop {policy|trigger|rule} [if exists] name on rel rest
    alter {trigger|rule} name on rel rest
    create [or replace] rule name as on {select|insert|update|delete} to rel rest
    create statistics ..from rel rest
    create statistics ..from rest
    create publication name for table rel rest
    create publication rest
    alter publication name {add|set|drop} table rel rest
    alter publication rest
    alter table all rest
    alter {table|foreign table} [if exists] rel {attach|detach} partition rel rest
    alter {table|foreign table} [if exists] rel of datatype
    alter {table|foreign table|view|materialized view|sequence} [if exists] rel rest
    alter index all rest
    alter index [if exists] rel attach partition rel
    alter index [if exists] rel rest
    drop {table|view|materialized view|foreign table|sequence} [if exists] rel rest
    drop index [concurrently if exists] rel rest
    create domain name [as] datatype rest
    {alter|drop} domain rest
    create cast ( datatype as datatype ) with function sig rest
    create cast ( datatype as datatype ) rest
    drop cast [if exists] ( datatype as datatype ) rest
    create [or replace] transform for datatype language name () rest
    drop transform [if exists] for datatype language rest
    create operator class name [default] for type datatype using name ..as members
    create operator family rest
    alter operator family name using name {add|drop} members
    {alter|drop} operator {class|family} rest
    create operator ..options
    {alter|drop} operator ..args rest
    create [or replace] aggregate name args options
    create [or replace] aggregate name options
    create type name [as range] options
    create extension rest
    drop extension rest
    alter extension name {add|drop} {table|view|materialized view|foreign table|sequence} rel
    alter extension name {add|drop} {function|procedure|routine|aggregate} sig
    alter extension name {add|drop} type datatype
    alter extension name {add|drop} cast ( datatype as datatype )
    alter extension name {add|drop} operator ..args
    alter extension rest
    drop {function|procedure|aggregate|type} rest
    truncate [table] rel rest
    create [unique] index [concurrently] on rel rest
    create [unique] index [concurrently if not exists] name on rel rest
    create [or replace constraint] trigger name ..on rel from rel rest
    create [or replace constraint] trigger name ..on rel rest
    create [or replace] {temp|temporary|local temp|local temporary} [recursive] view name () [with] () as query
    create [or replace] view rel [with] () as query
    create materialized view [if not exists] rel using name [with] () as query
    create materialized view [if not exists] rel [with] () [tablespace] as query
    create foreign table [if not exists] def rest
    create {table|unlogged table} [if not exists] def () [with] () as query
    create {table|unlogged table} [if not exists] def of rel rest
    create {table|unlogged table} [if not exists] def rest
    create [unlogged] sequence [if not exists] def rest
    create [temp temporary] sequence [if not exists] name rest
    create {temp|temporary|local temp|local temporary} table [if not exists] name rest
    copy [binary] rel {from|to} rest
    copy () to rest
    import foreign schema rest
    set constraints all rest
    set constraints rel rest
    call name rest
"""

CLAUSES = {
    "references": "rel",
    "inherit": "rel",
    "partition of": "rel",
    "inherits (": "rel",
    "( like": "rel",
    ", like": "rel",
    "owned by": "col",
    "table": "rel",
    ": :": "type",
}
"""Words in the rest of a statement, with what may follow them."""


@cache
def forms() -> dict[str, tuple[tuple[str, ...], ...]]:
    """The forms by their first word, each with one choice made of every {..}."""
    forms: dict[str, list[tuple[str, ...]]] = {}
    for line in FORMS.strip().splitlines():
        pieces = re.split(r"\{([^}]*)\}", line)
        choices = [[piece] if index % 2 == 0 else piece.split("|") for index, piece in enumerate(pieces)]
        for choice in product(*choices):
            parts = tuple(re.findall(r"\[[^]]*\]|\S+", "".join(choice)))
            forms.setdefault(parts[0], []).append(parts)
    return {head: tuple(lines) for head, lines in forms.items()}
