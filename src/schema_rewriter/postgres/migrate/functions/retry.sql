-- One step in a transaction of its own, tried again until it gets its locks. It waits for a lock for 200 ms at most, or as
-- the script's settings say, less than deadlock_timeout: others queue behind it no longer than that, and in a deadlock it is
-- we who give up.
-- What commits can't have a search_path of its own: each of its transactions sets one before anything else.
CREATE OR REPLACE PROCEDURE pg_temp.sr_retry(action pg_catalog.text, old pg_catalog.text, new pg_catalog.text,
  tries int DEFAULT NULL)
LANGUAGE plpgsql AS $sr$
DECLARE
  said pg_catalog.text;  blockers pg_catalog.text;  at int := 0;  wait pg_catalog.text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  tries := coalesce(tries, pg_temp.sr_lock_setting('lock_tries')::int);
  wait := pg_temp.sr_lock_setting('lock_timeout');
  IF current_setting('deadlock_timeout')::interval <= wait::interval THEN
    RAISE EXCEPTION 'schema-rewrite: deadlock_timeout is %, and must be above %', current_setting('deadlock_timeout'), wait;
  END IF;
  LOOP
    at := at + 1;
    BEGIN
      PERFORM set_config('lock_timeout', wait, true);
      PERFORM pg_advisory_xact_lock(hashtext('schema-rewrite'));  -- one runner at a time
      EXECUTE format('SELECT pg_temp.%I($1, $2)', 'sr_' || action) INTO said USING old, new;
      RAISE NOTICE '% %', old, said;
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      SELECT string_agg(format('process %s (%s, %s, in its transaction since %s)', a.pid, a.application_name, a.state,
          a.xact_start), '; ') INTO blockers
        FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname =
          current_database()) AND l.relation IN (to_regclass(old), to_regclass(new));
      IF at >= tries THEN
        RAISE EXCEPTION 'schema-rewrite: % is still locked after % tries', old, tries USING ERRCODE = 'lock_not_available',
          DETAIL = coalesce(blockers, 'By another migration, or by somebody who is gone now.'),
          HINT = 'What was done stays done. End the long transactions, then run this again.';
      END IF;
    END;
    COMMIT;  -- no lock is held while we sleep
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM pg_sleep(least(0.05 * at, extract(epoch FROM pg_temp.sr_lock_setting('lock_pause')::interval))
      * (0.5 + random()));
    wait := pg_temp.sr_lock_wait(ARRAY[old, new]);
  END LOOP;
  COMMIT;
END
$sr$;
