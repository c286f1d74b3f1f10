-- The members of the shop, on SQLite. The script can run any number of times.
--
-- Names are UTF-8 bytes, which are compared byte by byte.
CREATE TABLE IF NOT EXISTS users (
    name          BLOB NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL
) STRICT;
