-- Lets one runner work at a time, until its transaction ends. Whoever had to wait sees what the one before it did: waiting
-- for an advisory lock brings no news of the catalogs, so names would be found where they were; locking an object does.
CREATE OR REPLACE FUNCTION pg_temp.sr_alone() RETURNS pg_catalog.void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('schema-rewrite'));
  PERFORM pg_get_object_address('schema', '{pg_catalog}', '{}');
END
$sr$;
