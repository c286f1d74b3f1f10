-- Moves the deadline and the last activity of a record forward that has the expected secret. Returns
-- the owners if their indexes have to list the session for longer first. If they do not have to, it
-- returns the time until which the session is listed, and the owners.
--
-- ARGV: 1 last activity, 2 deadline, 3 expiry, 4 expected secret, and of the registration, or
--       nothing: 5 owners, 6 time until which the indexes list the session,
--       7 time until which the registration is valid
local old = head()
if old == '' then return 'gone' end
if #old < ${head_min} then return 'damaged' end
if string.sub(old, ${secret}) ~= ARGV[4] then return 'superseded' end

local active = later(ARGV[1], string.sub(old, ${last_active}))
local deadline = later(ARGV[2], string.sub(old, ${deadline}))
local registered = string.sub(old, ${registered_until})
local is_listed = owners(old) ~= nobody
if is_listed and later(registered, deadline) ~= registered then
  if ARGV[5] ~= owners(old) then return {owners(old)} end
  if now() > tonumber(ARGV[7]) then return 'registration expired' end
  registered = later(registered, ARGV[6])
end

local times = active .. deadline .. registered
if times ~= string.sub(old, ${times}) then
  redis.call('SETRANGE', KEYS[1], ${times_offset}, times)
end
if deadline ~= string.sub(old, ${deadline}) then redis.call('PEXPIREAT', KEYS[1], ARGV[3]) end
if is_listed and ARGV[5] == '' then return {registered, owners(old)} end
return 'touched'
