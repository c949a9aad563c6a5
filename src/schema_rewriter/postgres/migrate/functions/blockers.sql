-- Who has locked a relation: each process with its age and its statement; NULL for nobody.
CREATE OR REPLACE FUNCTION pg_temp.sr_blockers(relations pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $sr$
  SELECT string_agg(DISTINCT CASE WHEN l.pid IS NULL THEN 'a prepared transaction (pg_prepared_xacts tells which)'
      ELSE format('process %s (%s, %s, for %s s: %s)', l.pid, coalesce(nullif(a.application_name, ''), a.usename, a.backend_type,
        'hidden'), coalesce(a.state, 'state hidden'), coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::int::text,
        '?'), left(regexp_replace(a.query, '[[:space:]]+', ' ', 'g'), 80)) END, '; ')
  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
  WHERE l.granted AND l.locktype = 'relation' AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.relation IN (SELECT to_regclass(name) FROM unnest(relations) name)
$sr$;
