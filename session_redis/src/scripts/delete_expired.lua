-- Deletes the records with a deadline that is not after this time. Returns their number.
--
-- ARGV: 1 time
local deleted = 0
for _, key in ipairs(KEYS) do
  local deadline = read(key, ${deadline_range})
  if #deadline == ${time_len} and later(deadline, ARGV[1]) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
