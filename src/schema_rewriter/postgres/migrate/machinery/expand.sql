-- Moves a relation and leaves a stand-in under its old name, in one transaction: nobody ever finds the name gone.
CREATE OR REPLACE FUNCTION pg_temp.sr_expand(old text, new text) RETURNS text LANGUAGE plpgsql AS $sr$
DECLARE
  moved text := pg_temp.sr_move(old, new);
BEGIN
  RETURN CASE moved WHEN 'moved' THEN 'moved to ' || new || ', ' || pg_temp.sr_stand_in(old, new) ELSE moved END;
END
$sr$;
