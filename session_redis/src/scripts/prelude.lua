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

-- The origin of a head, with its length before it.
local function origin(head)
  local first = ${principal} + 1 + string.byte(head, ${principal})
  return string.sub(head, first, first + (string.byte(head, first) or 0))
end

-- The principal and the origin of a head, each with its length before it.
local function owners(head)
  return string.sub(head, ${principal}, ${principal} + string.byte(head, ${principal})) .. origin(head)
end

-- The owners of a session that no index lists.
local nobody = string.char(0, 0)

-- Returns true if a command failed because the key has another type: another program wrote it. Such
-- an index or record would block each log-in of its principal.
local function is_of_another_type(answer)
  return type(answer) == 'table' and answer.err and string.find(answer.err, 'WRONGTYPE', 1, true)
end

-- Returns a part of the value of a key, and nothing if the key is not a record.
local function read(key, first, last)
  local value = redis.pcall('GETRANGE', key, first, last)
  if type(value) == 'string' then return value end
  if is_of_another_type(value) then return '' end
  -- Any other failure is that of the script.
  return redis.call('GETRANGE', key, first, last)
end
