-- Inserts a record that the indexes list already.
--
-- ARGV: 1 value, 2 expiry, 3 time until which the registration is valid
if now() > tonumber(ARGV[3]) then return 'registration expired' end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[2]) then return 'created' end
return 'duplicate'
