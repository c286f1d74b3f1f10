-- The members of the shop, on Postgres. Safe to run again, also by many servers that start at once: sent as one
-- query, it is one transaction, and the lock makes the others wait for its end.
--
-- Names are UTF-8 bytes, so that two names are one only if they are the same to the byte.
SELECT pg_advisory_xact_lock(hashtext('shop'), hashtext('users'));
CREATE TABLE IF NOT EXISTS users (
    name          BYTEA NOT NULL PRIMARY KEY,
    password_hash TEXT  NOT NULL
);
