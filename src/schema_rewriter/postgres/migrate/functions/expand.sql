-- Moves a relation and leaves a compatibility view under its old name, in one transaction: nobody ever finds the name gone.
CREATE OR REPLACE FUNCTION pg_temp.sr_expand(old pg_catalog.text, new pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  moved text := pg_temp.sr_move(old, new);
BEGIN
  RETURN CASE moved WHEN 'moved' THEN 'moved to ' || new || ', ' || pg_temp.sr_compatibility_view(old, new) ELSE moved END;
END
$sr$;
