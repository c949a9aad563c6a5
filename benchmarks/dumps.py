"""SQL files of any size to measure with: dumps of several kinds of statements, long lines, many places to edit."""

from __future__ import annotations

import random
from itertools import count

from benchmarks.corpus import TABLES

ROWS = 250
"""Rows of a table's COPY, and as many of its INSERTs."""


def mixed(size: int, rows: int = ROWS) -> bytes:
    """About `size` bytes as pg_dump writes them: schema, functions, COPY, and INSERTs; every fourth table moves.

    By bytes a quarter is COPY, a twentieth schema and functions, the rest INSERTs. `rows` of 0: schema only.
    """
    choose = random.Random(size)
    parts = ["--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n"]
    length = len(parts[0])
    for number in count():
        if length >= size:
            break
        name = TABLES[number // 4 % len(TABLES)]
        table = f"{name}_{number}" if number % 4 else name
        values = [
            (row, choose.randrange(10**9), f"the {choose.choice(TABLES)} of {choose.randrange(10**6)}")
            for row in range(rows)
        ]
        stamp = "2026-01-02 10:00:00+00"
        copied = "".join(f'{row}\t{total}\t{title}\t{stamp}\t{{"from": "events"}}\n' for row, total, title in values)
        inserted = "".join(
            f"INSERT INTO public.{table} (id, total, title, created_at, payload) VALUES "
            f"({row}, {total}, '{title}', '{stamp}', '{{\"from\": \"events\"}}');\n"
            for row, total, title in values
        )
        parts.append(_TABLE % {"table": table, "name": name, "number": number, "copied": copied, "inserted": inserted})
        length += len(parts[-1])
    return "".join(parts).encode()


def one_line(size: int) -> bytes:
    """About `size` bytes of statements without a line end."""
    statement = b"INSERT INTO events (id, title) SELECT w.id, 'of workflows' FROM workflows w WHERE w.id = %d; "
    return b"".join(statement % number for number in range(size // len(statement)))


def affected(places: int) -> bytes:
    """As many statements that name a relation that moves, each once."""
    return b"".join(b"SELECT id FROM events WHERE id = %d;\n" % number for number in range(places))


_TABLE = """
--
-- Name: %(table)s; Type: TABLE; Schema: public; Owner: app
--

CREATE TABLE public.%(table)s (
    id bigint NOT NULL,
    parent_id bigint,
    total numeric(12,2),
    title text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload jsonb,
    CONSTRAINT %(table)s_total CHECK ((total >= (0)::numeric))
);

ALTER TABLE public.%(table)s OWNER TO app;

COMMENT ON TABLE public.%(table)s IS 'one of the %(name)s; see public.%(name)s';

CREATE SEQUENCE public.%(table)s_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;

ALTER SEQUENCE public.%(table)s_id_seq OWNED BY public.%(table)s.id;

ALTER TABLE ONLY public.%(table)s ALTER COLUMN id SET DEFAULT nextval('public.%(table)s_id_seq'::regclass);

CREATE FUNCTION public.touch_%(number)d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    found public.%(name)s%%ROWTYPE;
BEGIN
    SELECT * INTO found FROM public.%(name)s WHERE id = NEW.parent_id;
    IF found.total > 0 THEN
        UPDATE public.%(table)s SET total = found.total - 1 WHERE id = NEW.id;
    ELSIF NOT EXISTS (SELECT 1 FROM public.events e WHERE e.id = NEW.id) THEN
        INSERT INTO public.events (id, title) VALUES (NEW.id, 'created by %(table)s');
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION public.count_%(number)d(since timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT count(*) FROM public.%(table)s t LEFT JOIN public.%(name)s p ON p.id = t.parent_id
    WHERE t.created_at > since AND p.total IS NOT NULL
$$;

CREATE VIEW public.recent_%(number)d AS
 SELECT t.id,
    t.title,
    (t.payload ->> 'from'::text) AS source
   FROM (public.%(table)s t
     JOIN public.%(name)s p ON ((p.id = t.parent_id)))
  WHERE (t.created_at > (now() - '7 days'::interval));

COPY public.%(table)s (id, total, title, created_at, payload) FROM stdin;
%(copied)s\\.

%(inserted)s
SELECT pg_catalog.setval('public.%(table)s_id_seq', 250, true);

ALTER TABLE ONLY public.%(table)s
    ADD CONSTRAINT %(table)s_pkey PRIMARY KEY (id);

CREATE INDEX %(table)s_created ON public.%(table)s USING btree (created_at DESC);

ALTER TABLE ONLY public.%(table)s
    ADD CONSTRAINT %(table)s_parent FOREIGN KEY (parent_id) REFERENCES public.%(name)s(id);

CREATE TRIGGER %(table)s_touch BEFORE INSERT ON public.%(table)s
    FOR EACH ROW EXECUTE FUNCTION public.touch_%(number)d();

GRANT SELECT ON TABLE public.%(table)s TO reader;
"""
