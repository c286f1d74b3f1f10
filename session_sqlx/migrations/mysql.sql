-- Session records, on MySQL and MariaDB: what `MySqlSessionStore::migrate` runs.
-- Safe to run again.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. In a query by hand:
--   SELECT HEX(id), FROM_UNIXTIME(expires_at / 1e6), CONVERT(principal USING utf8mb4) FROM sessions;
--
-- Texts are UTF-8 bytes, so that neither a character set nor a collation has a say: collations take
-- 'ada' for 'ADA', and 'ada' for 'ada '.
CREATE TABLE IF NOT EXISTS `sessions` (
    id                   BINARY(16)     NOT NULL PRIMARY KEY,
    revision             BIGINT         NOT NULL,
    secret_issued_at     BIGINT         NOT NULL,
    previous_valid_until BIGINT,
    created_at           BIGINT         NOT NULL,
    authenticated_at     BIGINT,
    last_active_at       BIGINT         NOT NULL,
    expires_at           BIGINT         NOT NULL,
    version              SMALLINT       NOT NULL,
    lifetime             SMALLINT       NOT NULL,
    secret               BINARY(32)     NOT NULL,
    previous_secret      BINARY(32),
    successor            BINARY(16),
    principal            VARBINARY(255),
    label                VARBINARY(255),
    stamp                BINARY(16),
    origin               BINARY(16),
    state                LONGBLOB       NOT NULL,

    -- For the sweeper: the earliest deadlines first.
    INDEX `sessions_expires_at` (expires_at),
    -- For the sessions of a principal, in the order of their ids, which InnoDB appends.
    INDEX `sessions_principal` (principal),
    -- For the sessions that began at an identity provider. MySQL has no partial indexes: each other
    -- session has an entry of NULL and its id, at the end of those entries.
    INDEX `sessions_origin` (origin)
) ENGINE = InnoDB;

-- The migrations that this table went through.
CREATE TABLE IF NOT EXISTS `sessions_schema` (version SMALLINT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT IGNORE INTO `sessions_schema` (version) VALUES (1);
