-- Session records, on SQLite: what `SqliteSessionStore::migrate` runs. Safe to run again.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. In a query by hand:
--   SELECT hex(id), datetime(expires_at / 1000000, 'unixepoch'), CAST(principal AS TEXT) FROM sessions;
--
-- Texts are UTF-8 bytes, so that neither the encoding of the database nor a collation has a say.
CREATE TABLE IF NOT EXISTS "sessions" (
    id                   BLOB    NOT NULL PRIMARY KEY,
    revision             INTEGER NOT NULL,
    secret_issued_at     INTEGER NOT NULL,
    previous_valid_until INTEGER,
    created_at           INTEGER NOT NULL,
    authenticated_at     INTEGER,
    last_active_at       INTEGER NOT NULL,
    expires_at           INTEGER NOT NULL,
    version              INTEGER NOT NULL,
    lifetime             INTEGER NOT NULL,
    secret               BLOB    NOT NULL,
    previous_secret      BLOB,
    successor            BLOB,
    principal            BLOB,
    label                BLOB,
    stamp                BLOB,
    origin               BLOB,
    state                BLOB    NOT NULL
) STRICT;

-- For the sweeper: the earliest deadlines first.
CREATE INDEX IF NOT EXISTS "sessions_expires_at" ON "sessions" (expires_at);

-- For the sessions of a principal, in the order of their ids: without the id in it, SQLite may prefer to read
-- the whole table in that order. Sessions of nobody, often the most, are not in it.
CREATE INDEX IF NOT EXISTS "sessions_principal" ON "sessions" (principal, id)
    WHERE principal IS NOT NULL;

-- For the sessions that began at an identity provider. Other sessions are not in it.
CREATE INDEX IF NOT EXISTS "sessions_origin" ON "sessions" (origin)
    WHERE origin IS NOT NULL;

-- The migrations that this table went through.
CREATE TABLE IF NOT EXISTS "sessions_schema" (version INTEGER NOT NULL PRIMARY KEY) STRICT;
INSERT INTO "sessions_schema" (version) VALUES (1) ON CONFLICT DO NOTHING;
