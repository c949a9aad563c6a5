"""Reads a database into a `Catalog`: the queries of pg_catalog, which change nothing. Knows no rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from schema_rewriter.postgres.catalog import (
    MARK,
    Catalog,
    CatalogRelation,
    DefaultPrivilege,
    ForeignKey,
    PathSetting,
    Privilege,
    Routine,
    Schema,
    Sequence,
    Statistics,
    Type,
)
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.postgres.connection import Connection

Value = TypeVar("Value")

# Oids of the schemas that are the users'.
_USERS = "SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'"
# An access control list as JSON, without what an owner has anyway.
_ACL = """(SELECT json_agg(json_build_array(coalesce(g.rolname, ''), x.privilege_type, x.is_grantable))
    FROM aclexplode({acl}) x LEFT JOIN pg_roles g ON g.oid = x.grantee WHERE x.grantee <> {owner})"""

_SCHEMAS = f"""SELECT n.nspname, pg_get_userbyid(n.nspowner), {_ACL.format(acl="n.nspacl", owner="n.nspowner")},
    ARRAY(SELECT rolname::text FROM pg_roles WHERE has_schema_privilege(oid, n.oid, 'USAGE') ORDER BY 1),
    ARRAY(SELECT rolname::text FROM pg_roles WHERE has_schema_privilege(oid, n.oid, 'CREATE') ORDER BY 1)
    FROM pg_namespace n WHERE n.oid IN ({_USERS}) ORDER BY 1"""

_RELATIONS = f"""SELECT n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
    {_ACL.format(acl="c.relacl", owner="c.relowner")},
    (SELECT json_agg(json_build_array(coalesce(g.rolname, ''), x.privilege_type, x.is_grantable, a.attname))
        FROM pg_attribute a, aclexplode(a.attacl) x LEFT JOIN pg_roles g ON g.oid = x.grantee
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND x.grantee <> c.relowner),
    (SELECT json_agg(json_build_array(pn.nspname, p.relname) ORDER BY i.inhseqno)
        FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE i.inhrelid = c.oid),
    (SELECT json_agg(DISTINCT jsonb_build_array(tn.nspname, t.relname)) FROM pg_rewrite r
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
        JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
        WHERE r.ev_class = c.oid AND c.relkind IN ('v', 'm')),
    c.relispartition, c.relrowsecurity,
    (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_extension'::regclass
        AND d.deptype = 'e'),
    CASE c.relkind WHEN 'c' THEN obj_description(c.reltype, 'pg_type') ELSE obj_description(c.oid, 'pg_class') END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relnamespace IN ({_USERS}) AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') ORDER BY 1, 2"""

_SEQUENCES = f"""SELECT n.nspname, s.relname, pg_get_userbyid(s.relowner),
    {_ACL.format(acl="s.relacl", owner="s.relowner")},
    (SELECT json_build_array(tn.nspname, t.relname) FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
        JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE d.classid = 'pg_class'::regclass AND d.objid = s.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
    (SELECT json_agg(json_build_array(tn.nspname, t.relname) ORDER BY tn.nspname, t.relname)
        FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid JOIN pg_class t ON t.oid = f.adrelid
        JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE d.classid = 'pg_attrdef'::regclass
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid)
    FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
    WHERE s.relkind = 'S' AND s.relnamespace IN ({_USERS}) ORDER BY 1, 2"""

_STATISTICS = """SELECT sn.nspname, s.stxname, n.nspname, c.relname FROM pg_statistic_ext s
    JOIN pg_namespace sn ON sn.oid = s.stxnamespace JOIN pg_class c ON c.oid = s.stxrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' ORDER BY 1, 2"""

_TYPES = f"""SELECT tn.nspname, t.typname, t.typtype::text,
    json_agg(DISTINCT jsonb_build_array(cn.nspname, c.relname))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
    JOIN pg_namespace cn ON cn.oid = c.relnamespace JOIN pg_type used ON used.oid = a.atttypid
    JOIN pg_type t ON t.oid = coalesce(nullif(used.typelem, 0), used.oid)
    JOIN pg_namespace tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_class row ON row.oid = t.typrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND t.typnamespace IN ({_USERS})
    AND (t.typtype IN ('e', 'd') OR row.relkind = 'c') GROUP BY 1, 2, 3 ORDER BY 1, 2"""

_FOREIGN_KEYS = """SELECT k.conname, sn.nspname, s.relname, tn.nspname, t.relname FROM pg_constraint k
    JOIN pg_class s ON s.oid = k.conrelid JOIN pg_namespace sn ON sn.oid = s.relnamespace
    JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 2, 3, 1"""

_ROUTINES = f"""SELECT n.nspname, p.proname, p.prokind::text, l.lanname, pg_get_userbyid(p.proowner),
    ARRAY(SELECT format_type(a.type, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY a (type, at) ORDER BY a.at),
    pg_get_functiondef(p.oid), p.prosrc, coalesce(p.proconfig, '{{}}'),
    (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass
        AND d.deptype = 'e')
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace IN ({_USERS}) AND l.lanname NOT IN ('c', 'internal') AND p.prokind IN ('f', 'p', 'w')
    AND p.prosqlbody IS NULL ORDER BY 1, 2, p.oid"""

_DEFAULTS = """SELECT pg_get_userbyid(d.defaclrole), n.nspname,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
        WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE d.defaclobjtype::text END,
    coalesce(g.rolname, ''), x.privilege_type, x.is_grantable
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
    LEFT JOIN pg_roles g ON g.oid = x.grantee
    WHERE x.grantee <> d.defaclrole ORDER BY 2 NULLS FIRST, 1, 3, 4, 5"""

_DATABASE = "SELECT current_setting('server_version_num')::int, current_database(), current_user"
_ROLES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"

_PATHS = """SELECT CASE WHEN s.setrole = 0 THEN '' ELSE pg_get_userbyid(s.setrole) END, s.setdatabase <> 0,
        substr(x, 13)
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) x
    WHERE x LIKE 'search\\_path=%' AND (s.setdatabase = 0 OR d.datname = current_database()) ORDER BY 1, 2"""
# What a session begins with is the server's own only where no setting holds for it.
_SERVER_PATH = "SELECT reset_val, boot_val FROM pg_settings WHERE name = 'search_path'"


def read_catalog(connection: Connection) -> Catalog:
    """What the database holds. Expects a read-only transaction whose search_path is pg_catalog (`connection.reading`).

    The server then writes every name of a definition with its schema.
    """

    def values(make: Callable[..., Value], query: str) -> tuple[Value, ...]:
        return tuple(make(*row) for row in connection.execute(query.encode()).fetchall())

    [(version, database, user)] = connection.execute(_DATABASE.encode()).fetchall()
    paths = values(PathSetting, _PATHS)
    [(reset, boot)] = connection.execute(_SERVER_PATH.encode()).fetchall()
    return Catalog(
        version,
        database,
        user,
        schemas=values(_schema, _SCHEMAS),
        relations=values(_relation, _RELATIONS),
        sequences=values(_sequence, _SEQUENCES),
        statistics=values(_statistics, _STATISTICS),
        types=values(_type, _TYPES),
        foreign_keys=values(_foreign_key, _FOREIGN_KEYS),
        routines=values(_routine, _ROUTINES),
        default_privileges=values(_default_privilege, _DEFAULTS),
        roles=values(str, _ROLES),
        paths=paths,
        server_path=boot if any(setting.role in ("", user) for setting in paths) else reset,
    )


# Each makes a value of one row of the query of its name.


def _schema(name: str, owner: str, acl: Any, users: list[str], creators: list[str]) -> Schema:
    return Schema(name, owner, _privileges(acl), tuple(users), tuple(creators))


def _relation(
    schema: str, name: str, kind: str, owner: str, acl: Any, columns: Any, parents: Any, reads: Any, *rest: Any
) -> CatalogRelation:
    partition, row_security, extension, comment = rest
    return CatalogRelation(
        Relation(schema, name),
        kind,
        owner,
        _privileges(acl) + _privileges(columns),
        _names(parents),
        _names(reads),
        partition,
        row_security,
        extension,
        comment if comment and comment.startswith(MARK) else "",
    )


def _sequence(schema: str, name: str, owner: str, acl: Any, owned_by: Any, defaults: Any) -> Sequence:
    owning = Relation(*owned_by) if owned_by else None
    return Sequence(Relation(schema, name), owner, _privileges(acl), owning, _names(defaults))


def _statistics(schema: str, name: str, on_schema: str, on_name: str) -> Statistics:
    return Statistics(Relation(schema, name), Relation(on_schema, on_name))


def _type(schema: str, name: str, kind: str, used_by: Any) -> Type:
    return Type(Relation(schema, name), kind, tuple(sorted(_names(used_by))))


def _foreign_key(name: str, schema: str, source: str, target_schema: str, target: str) -> ForeignKey:
    return ForeignKey(name, Relation(schema, source), Relation(target_schema, target))


def _routine(schema: str, name: str, kind: str, language: str, owner: str, arguments: list[str], *rest: Any) -> Routine:
    definition, source, settings, extension = rest
    return Routine(
        Relation(schema, name), kind, language, owner, tuple(arguments), definition, source, tuple(settings), extension
    )


def _default_privilege(creator: str, schema: str | None, objects: str, *privilege: Any) -> DefaultPrivilege:
    return DefaultPrivilege(creator, schema, objects, Privilege(*privilege))


def _privileges(listed: list[list[Any]] | None) -> tuple[Privilege, ...]:
    return tuple(sorted((Privilege(*entry) for entry in listed or ()), key=_order))


def _order(one: Privilege) -> tuple[str, str, str]:
    return one.grantee, one.privilege, one.column or ""


def _names(listed: list[list[str]] | None) -> tuple[Relation, ...]:
    return tuple(Relation(*pair) for pair in listed or ())
