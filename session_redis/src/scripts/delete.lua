-- Deletes a record that has the expected secret. Returns the number of deleted records.
--
-- ARGV: 1 expected secret
if read(KEYS[1], ${secret_range}) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
