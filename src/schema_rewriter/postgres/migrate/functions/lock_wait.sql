-- How long the next try waits for a lock. Longer than deadlock_timeout where autovacuum has one on either name: only who
-- waits as long asks it to make way (it makes none against wraparound).
CREATE OR REPLACE FUNCTION pg_temp.sr_lock_wait(relations pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $sr$
  SELECT CASE WHEN EXISTS (
      SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.granted AND l.locktype = 'relation' AND a.usesysid IS NULL
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.relation IN (SELECT to_regclass(name) FROM unnest(relations) name))
    THEN (extract(epoch FROM current_setting('deadlock_timeout')::interval) * 1000)::int + 500 || 'ms'
    ELSE pg_temp.sr_lock_setting('lock_timeout') END
$sr$;
