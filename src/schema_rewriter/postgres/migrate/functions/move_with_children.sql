-- Moves a relation with its partitions and inheritance children in the same schema.
CREATE OR REPLACE FUNCTION pg_temp.sr_move_with_children(old pg_catalog.text, new pg_catalog.text,
  stay pg_catalog.text[] DEFAULT '{}') RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  o text[] := parse_ident(old);  n text[] := parse_ident(new);  child text;
BEGIN
  FOREACH child IN ARRAY pg_temp.sr_descendants(old, new, stay) LOOP
    PERFORM pg_temp.sr_move(format('%I.%I', o[1], child), format('%I.%I', n[1], child));
  END LOOP;
  RETURN pg_temp.sr_move(old, new);
END
$sr$;
