-- The members of the shop, on MySQL and MariaDB. Safe to run again.
--
-- Names are UTF-8 bytes, so that two names are one only if they are the same to the byte: collations take 'ada' for
-- 'ADA', and 'ada' for 'ada '.
CREATE TABLE IF NOT EXISTS users (
    name          VARBINARY(255)                   NOT NULL PRIMARY KEY,
    password_hash VARCHAR(255) CHARACTER SET ascii NOT NULL
) ENGINE = InnoDB;
