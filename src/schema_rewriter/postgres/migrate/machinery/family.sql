-- The same step for a relation and for its partitions and inheritance children in the same schema, one by one.
CREATE OR REPLACE PROCEDURE pg_temp.sr_family(action text, old text, new text) LANGUAGE plpgsql AS $sr$
DECLARE
  o text[] := parse_ident(old);  n text[] := parse_ident(new);  child text;
BEGIN
  FOREACH child IN ARRAY pg_temp.sr_descendants(old, new) LOOP
    CALL pg_temp.sr_patiently(action, format('%I.%I', o[1], child), format('%I.%I', n[1], child));
  END LOOP;
  CALL pg_temp.sr_patiently(action, old, new);
END
$sr$;
