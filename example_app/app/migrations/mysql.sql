-- The members of the shop, on MySQL and MariaDB. The script can run any number of times.
--
-- Names are UTF-8 bytes, which are compared byte by byte. A collation would take 'ada' for 'ADA' and
-- for 'ada '.
CREATE TABLE IF NOT EXISTS users (
    name          VARBINARY(255)                   NOT NULL PRIMARY KEY,
    password_hash VARCHAR(255) CHARACTER SET ascii NOT NULL
) ENGINE = InnoDB;
