-- Deletes the records that have this principal. Returns their number.
--
-- ARGV: 1 principal with its length
local deleted = 0
local last = ${principal_offset} + #ARGV[1] - 1
for _, key in ipairs(KEYS) do
  if read(key, ${principal_offset}, last) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
