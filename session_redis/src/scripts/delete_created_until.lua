-- Deletes the records that were created at this time or before. Returns their number.
--
-- ARGV: 1 time
--
-- A key of another type is not a record: its error has the length 0.
local deleted = 0
for _, key in ipairs(KEYS) do
  local created = redis.pcall('GETRANGE', key, ${created_range})
  if #created == ${time_len} and later(created, ARGV[1]) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
