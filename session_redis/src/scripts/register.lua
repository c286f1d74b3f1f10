-- Adds a session to an index, and removes the entries that may be forgotten.
-- Returns the time, which is a part of the entry, in milliseconds since 1970.
--
-- ARGV: 1 id, 2 time until which the entry is kept, 3 the end of an entry without a time, or nothing
local time = now()
local entry = ARGV[1] .. ARGV[3]
if ARGV[3] == '' then
  entry = entry .. struct.pack('>I4I4', math.floor(time / 4294967296), time % 4294967296)
end
local removed = redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', time))
if is_of_another_type(removed) then redis.call('UNLINK', KEYS[1]) end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], entry)
local left = redis.call('PTTL', KEYS[1])
if left < 0 or time + left < tonumber(ARGV[2]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return time
