-- One step in a transaction of its own, tried again until it gets its locks. It waits for a lock for 200 ms at most, or as
-- the script's settings say, less than deadlock_timeout: others queue behind it no longer than that, and in a deadlock it is
-- we who give up.
-- Who is in the way is named at the first try that fails, and every few seconds from then on.
-- What commits can't have a search_path of its own: each of its transactions sets one before anything else.
CREATE OR REPLACE PROCEDURE pg_temp.sr_retry(action pg_catalog.text, old pg_catalog.text, new pg_catalog.text,
  tries int DEFAULT NULL)
LANGUAGE plpgsql AS $sr$
DECLARE
  said pg_catalog.text;  blockers pg_catalog.text;  at int := 0;  wait pg_catalog.text;  total pg_catalog.interval;
  names pg_catalog.text[];
  began pg_catalog.timestamptz := pg_catalog.clock_timestamp();  named pg_catalog.timestamptz;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  names := CASE action WHEN 'change_owner' THEN ARRAY[old] ELSE ARRAY[old, new] END;
  tries := coalesce(tries, pg_temp.sr_lock_setting('lock_tries')::int);
  wait := pg_temp.sr_lock_setting('lock_timeout');
  total := pg_temp.sr_lock_setting('lock_total')::interval;
  IF current_setting('deadlock_timeout')::interval <= wait::interval THEN
    RAISE EXCEPTION 'schema-rewrite: deadlock_timeout is %, and must be above %', current_setting('deadlock_timeout'), wait;
  END IF;
  LOOP
    at := at + 1;
    BEGIN
      PERFORM set_config('lock_timeout', wait, true);
      PERFORM pg_temp.sr_alone();
      EXECUTE format('SELECT pg_temp.%I($1, $2)', 'sr_' || action) INTO said USING old, new;
      RAISE NOTICE '% %', old, said;
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      blockers := coalesce(pg_temp.sr_blockers(names), 'another migration, or somebody who is gone now');
      IF at >= tries OR total > '0' AND clock_timestamp() - began >= total THEN
        RAISE EXCEPTION 'schema-rewrite: % is still locked after % tries, in % s', old, at,
          extract(epoch FROM clock_timestamp() - began)::int USING ERRCODE = 'lock_not_available', DETAIL = 'By ' || blockers,
          HINT = 'This step has changed nothing; those before it are done. End the long transactions, then run this again.';
      ELSIF named IS NULL OR clock_timestamp() - named > '5 s' THEN
        named := clock_timestamp();
        RAISE NOTICE '% waits for %', old, blockers;
      END IF;
    END;
    COMMIT;  -- no lock is held while we sleep
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM pg_sleep(least(0.05 * at, extract(epoch FROM pg_temp.sr_lock_setting('lock_pause')::interval))
      * (0.5 + random()));
    wait := pg_temp.sr_lock_wait(names);
  END LOOP;
  COMMIT;
END
$sr$;
