-- Returns the time and the entries of an index.
local entries = redis.pcall('ZRANGE', KEYS[1], 0, -1)
if is_of_another_type(entries) then
  redis.call('UNLINK', KEYS[1])
  entries = {}
end
if entries.err then return entries end
return {now(), entries}
