//! Which node of a cluster has which key.

use redis::{Cmd, RedisError, RedisResult, Value};

use super::unexpected;

/// How many slots every cluster has.
const SLOTS: u16 = 16_384;

/// Host and port of a node.
pub(crate) type Address = (String, u16);

/// The masters, and the slots that they have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    /// First and last slot, in order.
    ranges: Vec<(u16, u16, Address)>,
}

impl Slots {
    /// The answer of `CLUSTER SLOTS` that the node at this address gave: it may leave out its own host.
    pub(super) fn parse(answer: Value, asked: &Address) -> RedisResult<Self> {
        type Range = (u16, u16, Vec<Value>);
        let ranges: Vec<Vec<Value>> = redis::from_redis_value(answer)?;
        let ranges = ranges.into_iter().map(|range| {
            let (first, last, nodes): Range = match <[Value; 3]>::try_from(first_three(range)) {
                Ok([first, last, master]) => (
                    redis::from_redis_value(first)?,
                    redis::from_redis_value(last)?,
                    redis::from_redis_value(master)?,
                ),
                Err(_) => return Err(unexpected("a range of slots without a master")),
            };
            Ok((first, last, address(nodes, asked)?))
        });
        let mut ranges = ranges.collect::<RedisResult<Vec<_>>>()?;
        ranges.sort();
        Ok(Self { ranges })
    }

    /// The master that has the slot, if anybody has it.
    pub(super) fn master_of(&self, slot: u16) -> Option<&Address> {
        let after = self.ranges.partition_point(|(first, _, _)| *first <= slot);
        let (_, last, address) = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= *last).then_some(address)
    }

    /// Each master once.
    pub(super) fn masters(&self) -> Vec<Address> {
        let addresses = self.ranges.iter().map(|(_, _, address)| address.clone());
        let mut masters: Vec<_> = addresses.collect();
        masters.sort();
        masters.dedup();
        masters
    }
}

fn first_three(mut range: Vec<Value>) -> Vec<Value> {
    range.truncate(3);
    range
}

fn address(node: Vec<Value>, asked: &Address) -> RedisResult<Address> {
    let mut node = node.into_iter();
    let host: Option<String> = redis::from_redis_value(node.next().unwrap_or_default())?;
    let port: u16 = redis::from_redis_value(node.next().unwrap_or_default())?;
    // A node that does not know its own host says nothing, or a question mark.
    let host = host.filter(|host| !host.is_empty() && host != "?");
    Ok((host.unwrap_or_else(|| asked.0.clone()), port))
}

/// Another node, which the node that was asked named.
pub(super) struct Redirect {
    pub(super) address: Address,
    /// Only this once: the slot is on its way.
    pub(super) asking: bool,
}

impl Redirect {
    /// `asked` is the node that said so: it may leave out a host that is its own.
    pub(super) fn of(error: &RedisError, asked: &Address) -> Option<Self> {
        use redis::{ErrorKind, ServerErrorKind};
        let (address, _slot) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        let host = if host.is_empty() { &asked.0 } else { host };
        Some(Self {
            address: (host.to_owned(), port.parse().ok()?),
            asking: error.kind() == ErrorKind::Server(ServerErrorKind::Ask),
        })
    }
}

/// The slot of the key of a command; none if it has no key.
pub(super) fn slot_of(command: &Cmd) -> Option<u16> {
    let mut words = command.args_iter().map(|word| match word {
        redis::Arg::Simple(bytes) => bytes,
        _ => b"",
    });
    let key = match words.next()? {
        // After the script and the number of keys
        b"EVALSHA" | b"EVAL" => words.nth(2)?,
        b"GET" | b"SET" | b"UNLINK" | b"GETRANGE" | b"ZREM" => words.next()?,
        _ => return None,
    };
    Some(crc16(hashed_part(key)) % SLOTS)
}

/// What is between the first brace and the next closing one, if it is something; principals may have any bytes.
fn hashed_part(key: &[u8]) -> &[u8] {
    let part = || {
        let begin = key.iter().position(|byte| *byte == b'{')? + 1;
        let len = key[begin..].iter().position(|byte| *byte == b'}')?;
        (len > 0).then(|| &key[begin..begin + len])
    };
    part().unwrap_or(key)
}

/// The checksum of XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            let next = crc << 1;
            if crc & 0x8000 == 0 {
                next
            } else {
                next ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use redis::cmd;

    use super::*;

    fn slot(key: &str) -> u16 {
        let mut get = cmd("GET");
        slot_of(get.arg(key)).unwrap()
    }

    /// From the specification of the cluster.
    #[test]
    fn slots_are_those_of_redis() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12_182);
        assert_eq!(slot("{user1000}.following"), slot("{user1000}.followers"));
        assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
        assert_eq!(slot("foo{bar}{zap}"), slot("bar"));
        assert_ne!(slot("foo{}{bar}"), slot("bar"));
        let mut script = cmd("EVALSHA");
        script.arg("hash").arg(1).arg("foo").arg("bar");
        assert_eq!(slot_of(&script), Some(12_182));
        assert_eq!(slot_of(&cmd("PING")), None);
    }

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn a_slot_is_found_at_its_master() {
        let range = |first, last, host: &str, port| {
            let master = Value::Array(vec![bulk(host), Value::Int(port), bulk("id")]);
            let replica = Value::Array(vec![bulk("10.0.0.9"), Value::Int(9), bulk("id")]);
            Value::Array(vec![Value::Int(first), Value::Int(last), master, replica])
        };
        let asked = ("10.0.0.1".to_owned(), 1);
        let answer = Value::Array(vec![
            range(100, 199, "10.0.0.2", 2),
            range(0, 99, "", 1),
            range(300, 300, "10.0.0.2", 2),
        ]);
        let slots = Slots::parse(answer, &asked).unwrap();
        let second = ("10.0.0.2".to_owned(), 2);
        for (slot, master) in [
            (0, Some(&asked)),
            (99, Some(&asked)),
            (100, Some(&second)),
            (199, Some(&second)),
            (200, None),
            (299, None),
            (300, Some(&second)),
            (301, None),
        ] {
            assert_eq!(slots.master_of(slot), master, "{slot}");
        }
        assert_eq!(slots.masters(), [asked.clone(), second]);
        assert!(Slots::parse(Value::Array(vec![bulk("x")]), &asked).is_err());
    }
}
