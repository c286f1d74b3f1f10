-- Deletes the records that were created at this time or before. Returns their number.
--
-- ARGV: 1 time
local deleted = 0
for _, key in ipairs(KEYS) do
  local created = read(key, ${created_range})
  if #created == ${time_len} and later(created, ARGV[1]) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
