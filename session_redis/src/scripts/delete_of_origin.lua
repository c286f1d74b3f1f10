-- Deletes the records that have this origin. Returns their number.
--
-- ARGV: 1 origin with its length
local deleted = 0
for _, key in ipairs(KEYS) do
  local head = read(key, 0, ${head_end})
  if #head >= ${head_min} and origin(head) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
