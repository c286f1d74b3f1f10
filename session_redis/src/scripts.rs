//! What Redis runs, in one go and with nothing in between. Each touches one key.

use std::sync::LazyLock;

use redis::{Cmd, Script, cmd};

/// A script, called by its hash.
pub(crate) struct Operation {
    source: &'static str,
    hash: LazyLock<String>,
}

impl Operation {
    const fn new(source: &'static str, hash: fn() -> String) -> Self {
        Self {
            source,
            hash: LazyLock::new(hash),
        }
    }

    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    /// The call, for a server that has the script.
    pub(crate) fn call(&self, call: &Call<'_>) -> Cmd {
        call.command("EVALSHA", self.hash.as_str())
    }

    /// The call that brings the script along; afterwards the server has it.
    pub(crate) fn call_with_source(&self, call: &Call<'_>) -> Cmd {
        call.command("EVAL", self.source)
    }
}

/// The keys and arguments of a script.
pub(crate) struct Call<'a> {
    pub(crate) keys: &'a [Vec<u8>],
    pub(crate) arguments: &'a [Argument<'a>],
}

#[derive(Clone, Copy)]
pub(crate) enum Argument<'a> {
    Bytes(&'a [u8]),
    /// In decimal
    Number(i64),
    Nothing,
}

impl Call<'_> {
    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = cmd(name);
        command.arg(script).arg(self.keys.len());
        for key in self.keys {
            command.arg(key);
        }
        for argument in self.arguments {
            match *argument {
                Argument::Bytes(bytes) => command.arg(bytes),
                Argument::Number(number) => command.arg(number),
                Argument::Nothing => command.arg(b""),
            };
        }
        command
    }
}

macro_rules! operation {
    ($(#[$attribute:meta])* $name:ident, $($part:expr),+ $(,)?) => {
        $(#[$attribute])*
        pub(crate) static $name: Operation = Operation::new(concat!($($part),+), || {
            Script::new(concat!($($part),+)).get_hash().to_owned()
        });
    };
}

/// What several scripts have in common. Numbers of Lua have 53 bits, so times are compared in halves; and as
/// texts they are not compared, because that may follow the rules of a language.
macro_rules! common {
    () => {
        "
local function later(a, b)
  local a1, a2 = struct.unpack('>I4I4', a)
  local b1, b2 = struct.unpack('>I4I4', b)
  if a1 > b1 or (a1 == b1 and a2 > b2) then return a end
  return b
end
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local function head() return redis.call('GETRANGE', KEYS[1], 0, 288) end
local function principal(value) return string.sub(value, 34, 34 + string.byte(value, 34)) end
"
    };
}

operation!(
    /// Inserts a record that the index lists already.
    ///
    /// `ARGV`: value, expiry, until when the entry of the index is fresh.
    CREATE,
    common!(),
    "
if now() > tonumber(ARGV[3]) then return 'late' end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[2]) then return 'done' end
return 'duplicate'
"
);

operation!(
    /// Replaces a record if it has the expected revision. If the index has to list the session for longer first,
    /// says up to which deadline.
    ///
    /// `ARGV`: expected revision, value, expiry, newest version, until when the entry of the index is fresh or nothing.
    REPLACE,
    common!(),
    "
local old = head()
if old == '' then return 'gone' end
if #old < 34 or string.byte(old) > tonumber(ARGV[4]) or string.sub(old, 2, 9) ~= ARGV[1] then
  return 'conflict'
end
local new = ARGV[2]
local same = principal(old) == principal(new)
local active = later(string.sub(new, 10, 17), string.sub(old, 10, 17))
local deadline = later(string.sub(new, 18, 25), string.sub(old, 18, 25))
local indexed = string.sub(new, 26, 33)
if same then indexed = later(indexed, string.sub(old, 26, 33)) end
if string.byte(new, 34) > 0 then
  if later(indexed, deadline) ~= indexed then return {'unlisted', deadline} end
  if ARGV[5] ~= '' and now() > tonumber(ARGV[5]) then return 'late' end
end
local value = string.sub(new, 1, 9) .. active .. deadline .. indexed .. string.sub(new, 34)
if deadline == string.sub(old, 18, 25) then
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[3])
end
return 'done'
"
);

operation!(
    /// Moves the deadline and the last activity forward.
    ///
    /// `ARGV`: last activity, deadline, expiry, then nothing, or the principal that the entry of the index is
    /// for, how long the index lists it, until when the entry is fresh.
    TOUCH,
    common!(),
    "
local old = head()
if old == '' then return 'gone' end
if #old < 34 then return 'damaged' end
local active = later(ARGV[1], string.sub(old, 10, 17))
local deadline = later(ARGV[2], string.sub(old, 18, 25))
local indexed = string.sub(old, 26, 33)
if string.byte(old, 34) > 0 and later(indexed, deadline) ~= indexed then
  if ARGV[4] ~= principal(old) then return {'unlisted', string.sub(principal(old), 2)} end
  if now() > tonumber(ARGV[6]) then return 'late' end
  indexed = later(indexed, ARGV[5])
end
local moved = active .. deadline .. indexed
if moved ~= string.sub(old, 10, 33) then redis.call('SETRANGE', KEYS[1], 9, moved) end
if deadline ~= string.sub(old, 18, 25) then redis.call('PEXPIREAT', KEYS[1], ARGV[3]) end
return 'done'
"
);

operation!(
    /// Deletes those of the records that have this principal; tells how many.
    ///
    /// `ARGV`: principal with its length.
    DELETE_OF,
    "
local deleted = 0
for _, key in ipairs(KEYS) do
  if redis.call('GETRANGE', key, 33, 32 + #ARGV[1]) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
"
);

operation!(
    /// Deletes those of the records whose deadline is not after this time; tells how many.
    ///
    /// `ARGV`: time.
    DELETE_EXPIRED,
    common!(),
    "
local deleted = 0
for _, key in ipairs(KEYS) do
  local deadline = redis.call('GETRANGE', key, 17, 24)
  if #deadline == 8 and later(deadline, ARGV[1]) == ARGV[1] then
    deleted = deleted + redis.call('UNLINK', key)
  end
end
return deleted
"
);

operation!(
    /// Adds a session to the index of its principal, and removes entries of sessions that have long expired.
    /// Returns the time, which is a part of the entry: in milliseconds since 1970.
    ///
    /// `ARGV`: id, until when the entry is kept.
    LIST,
    common!(),
    "
local time = now()
local entry = ARGV[1] .. struct.pack('>I4I4', math.floor(time / 4294967296), time % 4294967296)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', time))
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], entry)
local left = redis.call('PTTL', KEYS[1])
if left < 0 or time + left < tonumber(ARGV[2]) then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return time
"
);

operation!(
    /// The time, and the entries of an index.
    LISTED,
    common!(),
    "
return {now(), redis.call('ZRANGE', KEYS[1], 0, -1)}
"
);
