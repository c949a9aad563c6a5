-- Drops the stand-in. Never anything else: a table under the old name was made by an old program that still runs.
CREATE OR REPLACE FUNCTION pg_temp.sr_contract(old text, new text) RETURNS text LANGUAGE plpgsql AS $sr$
DECLARE
  here text := pg_temp.sr_kind(old);  o text[] := parse_ident(old);
BEGIN
  IF here IN ('nothing', 'tombstone') THEN
    RETURN 'has no stand-in (any more)';
  ELSIF here <> 'stand-in' THEN
    RAISE EXCEPTION 'schema-rewrite: % is a %, not our stand-in for %', old, here, new USING ERRCODE = 'wrong_object_type',
      HINT = CASE WHEN pg_temp.sr_kind(new) = 'nothing' THEN 'It was not moved: run the expand phase first.'
        ELSE 'An old program made it again: find it, save the rows it wrote here, drop this one.' END;
  END IF;
  EXECUTE format('DROP VIEW %I.%I', o[1], o[2]);  -- without CASCADE: what was built on it must not go in silence
  RETURN 'lost its stand-in';
END
$sr$;
