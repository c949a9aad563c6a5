-- What a name stands for: 'table', 'view' .., 'compatibility view' or 'tombstone' (both ours, by their comments), or 'nothing'.
CREATE OR REPLACE FUNCTION pg_temp.sr_kind(name pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $sr$
  SELECT coalesce(
    (SELECT CASE
       WHEN relkind = 'v' AND obj_description(oid, 'pg_class') LIKE 'schema-rewrite:compat%' THEN 'compatibility view'
       WHEN relkind = 'c' AND obj_description(reltype, 'pg_type') LIKE 'schema-rewrite:tombstone%' THEN 'tombstone'
       ELSE CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
         WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type'
         ELSE 'index' END
     END FROM pg_class WHERE oid = to_regclass(name)),
    'nothing')
$sr$;
