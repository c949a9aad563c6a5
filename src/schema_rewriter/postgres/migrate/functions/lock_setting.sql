-- How a step waits for its locks: the setting that the script has made, or the usual one. `lock_timeout` is how long one
-- try waits, `lock_tries` how often it is tried, `lock_pause` the longest time between two tries,
-- `lock_total` how long all tries of a step take at most (0: as long as there are tries).
CREATE OR REPLACE FUNCTION pg_temp.sr_lock_setting(name pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $sr$
  SELECT coalesce(nullif(current_setting('schema_rewrite.' || name, true), ''),
    CASE name WHEN 'lock_timeout' THEN '200ms' WHEN 'lock_tries' THEN '100' WHEN 'lock_pause' THEN '1s'
      WHEN 'lock_total' THEN '0' END)
$sr$;
