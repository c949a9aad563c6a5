-- A GRANT or REVOKE on those of some relations that are there.
CREATE OR REPLACE FUNCTION pg_temp.sr_grant(verb pg_catalog.text, relations pg_catalog.text[], whom pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  there text := (SELECT string_agg(name, ', ') FROM unnest(relations) name JOIN pg_class c ON c.oid = to_regclass(name)
    WHERE (c.relkind = 'S') = (verb LIKE '% SEQUENCE'));
BEGIN
  IF there IS NOT NULL THEN
    EXECUTE format('%s %s %s', verb, there, whom);
  END IF;
END
$sr$;
