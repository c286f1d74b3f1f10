-- Replaces a record that has the expected revision. Returns the deadline if the indexes have to list
-- the session until then first. If the secret or the deadline of the caller is new and they do not
-- have to, returns the time until which the session is listed, and an empty text.
--
-- ARGV: 1 expected revision, 2 value, 3 expiry, 4 newest version,
--       5 time until which the registration is valid, or nothing
local old = head()
if old == '' then return 'gone' end
if #old < ${head_min} or string.byte(old) > tonumber(ARGV[4])
  or string.sub(old, ${revision}) ~= ARGV[1] then
  return 'conflict'
end

local new = ARGV[2]
local active = later(string.sub(new, ${last_active}), string.sub(old, ${last_active}))
local deadline = later(string.sub(new, ${deadline}), string.sub(old, ${deadline}))
local registered = string.sub(new, ${registered_until})
local is_listed = owners(new) ~= nobody
if owners(old) == owners(new) then
  registered = later(registered, string.sub(old, ${registered_until}))
end

if is_listed then
  if later(registered, deadline) ~= registered then return {deadline} end
  if ARGV[5] ~= '' and now() > tonumber(ARGV[5]) then return 'registration expired' end
end

local value = string.sub(new, ${version_and_revision}) .. active .. deadline .. registered
  .. string.sub(new, ${after_times})
if deadline == string.sub(old, ${deadline}) then
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[3])
end

local is_renewed = string.sub(new, ${secret}) ~= string.sub(old, ${secret})
-- The stored deadline may be later than both: it does not go back.
local is_moved = string.sub(new, ${deadline}) ~= string.sub(old, ${deadline})
if is_listed and ARGV[5] == '' and (is_renewed or is_moved) then return {registered, ''} end
return 'replaced'
