-- Numbers of Lua have 53 bits, so times are compared in halves. They are not compared as texts,
-- because that may follow the rules of a language.
local function later(a, b)
  local a1, a2 = struct.unpack('>I4I4', a)
  local b1, b2 = struct.unpack('>I4I4', b)
  if a1 > b1 or (a1 == b1 and a2 > b2) then return a end
  return b
end

-- The time of the server, in milliseconds since 1970.
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- The head of the value, or what there is of it.
local function head()
  return redis.call('GETRANGE', KEYS[1], 0, ${head_end})
end

-- The principal of a head, with its length before it.
local function principal(head)
  return string.sub(head, ${principal}, ${principal} + string.byte(head, ${principal}))
end

-- Returns true if a command failed because the key has another type. Such an index would block each
-- log-in of its principal.
local function is_of_another_type(answer)
  return type(answer) == 'table' and answer.err and string.find(answer.err, 'WRONGTYPE', 1, true)
end
