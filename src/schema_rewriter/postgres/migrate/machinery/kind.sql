-- What a name stands for: 'table', 'view' .., 'stand-in' or 'tombstone' (both ours, by their comments), or 'nothing'.
CREATE OR REPLACE FUNCTION pg_temp.sr_kind(name text) RETURNS text LANGUAGE sql STABLE AS $sr$
  SELECT coalesce(
    (SELECT CASE
       WHEN relkind = 'v' AND obj_description(oid, 'pg_class') LIKE 'schema-rewrite:compat%' THEN 'stand-in'
       WHEN relkind = 'c' AND obj_description(reltype, 'pg_type') LIKE 'schema-rewrite:tombstone%' THEN 'tombstone'
       ELSE CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
         WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type'
         ELSE 'index' END
     END FROM pg_class WHERE oid = to_regclass(name)),
    'nothing')
$sr$;
