-- The members of the shop, on SQLite. Safe to run again.
--
-- Names are UTF-8 bytes, so that two names are one only if they are the same to the byte.
CREATE TABLE IF NOT EXISTS users (
    name          BLOB NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL
) STRICT;
