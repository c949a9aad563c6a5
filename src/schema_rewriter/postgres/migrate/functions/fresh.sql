-- Stops as long as a session is open that began before the search_path found both schemas: under its own path the tables would
-- be gone for it. Of other roles a session's begin is seen by members of pg_read_all_stats alone.
CREATE OR REPLACE FUNCTION pg_temp.sr_fresh() RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  here oid := (SELECT oid FROM pg_database WHERE datname = current_database());  since timestamptz;  old text;  hidden bigint;
BEGIN
  SELECT substr(x, strpos(x, '=') + 1)::timestamptz INTO since FROM pg_db_role_setting s, unnest(s.setconfig) x
  WHERE s.setrole = 0 AND s.setdatabase = here AND x LIKE 'schema_rewrite.path_since=%';
  IF since IS NULL THEN
    RAISE EXCEPTION 'schema-rewrite: the search_path of database % does not find both schemas yet', current_database()
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the prepare phase first.';
  END IF;
  SELECT string_agg(format('%s (%s, pid %s)', a.usename, coalesce(nullif(a.application_name, ''), 'no application_name'), a.pid),
      ', ' ORDER BY a.pid) FILTER (WHERE a.backend_start < since), count(*) FILTER (WHERE a.backend_start IS NULL)
    INTO old, hidden
  FROM pg_stat_activity a WHERE a.datid = here AND a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend';
  IF old IS NOT NULL THEN
    RAISE EXCEPTION 'schema-rewrite: sessions from before % keep the search_path that they began with: %', since, old
      USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = 'Nothing has been moved.', HINT = 'End them, or let the pool make new ones; then run this again.';
  ELSIF hidden > 0 THEN
    RAISE EXCEPTION 'schema-rewrite: when % sessions of others began is hidden from %', hidden, current_user
      USING ERRCODE = 'insufficient_privilege', DETAIL = 'Nothing has been moved.',
      HINT = 'Run this as a member of pg_read_all_stats.';
  END IF;
  RETURN 'every session finds both schemas';
END
$sr$;
