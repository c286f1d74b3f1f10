-- Session records, on Postgres: what `PostgresSessionStore::migrate` runs. Safe to run again.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. In a query by hand:
--   SELECT id, to_timestamp(expires_at / 1e6), convert_from(principal, 'UTF8') FROM sessions;
--
-- Texts are UTF-8 bytes, so that neither the encoding of the database nor a collation has a say.
CREATE TABLE IF NOT EXISTS "sessions" (
    id                   UUID     NOT NULL PRIMARY KEY,
    revision             BIGINT   NOT NULL,
    secret_issued_at     BIGINT   NOT NULL,
    previous_valid_until BIGINT,
    created_at           BIGINT   NOT NULL,
    authenticated_at     BIGINT,
    last_active_at       BIGINT   NOT NULL,
    expires_at           BIGINT   NOT NULL,
    version              SMALLINT NOT NULL,
    lifetime             SMALLINT NOT NULL,
    secret               BYTEA    NOT NULL,
    previous_secret      BYTEA,
    successor            BYTEA,
    principal            BYTEA,
    label                BYTEA,
    stamp                BYTEA,
    origin               BYTEA,
    state                BYTEA    NOT NULL
)
-- Room in each page for the next version of a row: a change that keeps the deadline, the principal and
-- the origin then stays in its page and touches no index (a HOT update).
WITH (fillfactor = 80);

-- For the sweeper: the earliest deadlines first.
CREATE INDEX IF NOT EXISTS "sessions_expires_at" ON "sessions" (expires_at);

-- For the sessions of a principal. Sessions of nobody, often the most, are not in it.
CREATE INDEX IF NOT EXISTS "sessions_principal" ON "sessions" (principal, id)
    WHERE principal IS NOT NULL;

-- For the sessions that began at an identity provider. Other sessions are not in it.
CREATE INDEX IF NOT EXISTS "sessions_origin" ON "sessions" (origin)
    WHERE origin IS NOT NULL;

-- The migrations that this table went through.
CREATE TABLE IF NOT EXISTS "sessions_schema" (version SMALLINT NOT NULL PRIMARY KEY);
INSERT INTO "sessions_schema" (version) VALUES (1) ON CONFLICT DO NOTHING;
