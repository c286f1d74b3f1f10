-- The members of the shop, on Postgres. The script can run any number of times, also by many servers
-- at once: sent as one query it is one transaction, and the lock makes the others wait for its end.
--
-- Names are UTF-8 bytes, which are compared byte by byte.
SELECT pg_advisory_xact_lock(hashtext('shop'), hashtext('users'));
CREATE TABLE IF NOT EXISTS users (
    name          BYTEA NOT NULL PRIMARY KEY,
    password_hash TEXT  NOT NULL
);
