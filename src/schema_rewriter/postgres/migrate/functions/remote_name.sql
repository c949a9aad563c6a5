-- Keeps what a foreign table of postgres_fdw means on the other server, as its own name changes: says the old name in an
-- option, where none is, and takes the option away where it says no more than the new name does.
CREATE OR REPLACE FUNCTION pg_temp.sr_remote_name(relation pg_catalog.oid, option pg_catalog.text, was pg_catalog.text,
  becomes pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  said text := (SELECT o.option_value FROM pg_foreign_table f, pg_options_to_table(f.ftoptions) o
    WHERE f.ftrelid = relation AND o.option_name = option);
BEGIN
  IF was = becomes THEN
    RETURN;
  ELSIF said IS NULL THEN
    EXECUTE format('ALTER FOREIGN TABLE %s OPTIONS (ADD %I %L)', relation::regclass, option, was);
  ELSIF said = becomes THEN
    EXECUTE format('ALTER FOREIGN TABLE %s OPTIONS (DROP %I)', relation::regclass, option);
  END IF;
END
$sr$;
