//! The slot of a key, by the specification of Redis Cluster.

use crc::{CRC_16_XMODEM, Crc};
use redis::Cmd;

/// The number of slots of every cluster.
const SLOTS: u16 = 16_384;

const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// Returns the slot of the key of a command; `None` if the command has no key.
pub(super) fn key_slot(command: &Cmd) -> Option<u16> {
    let mut words = command.args_iter().map(|word| match word {
        redis::Arg::Simple(bytes) => bytes,
        _ => b"",
    });
    let key = match words.next()? {
        // The key follows the script and the number of keys.
        b"EVALSHA" | b"EVAL" => words.nth(2)?,
        b"GET" | b"SET" | b"UNLINK" | b"GETRANGE" | b"ZREM" => words.next()?,
        _ => return None,
    };
    Some(CHECKSUM.checksum(hashed_part(key)) % SLOTS)
}

/// The part between the first brace and the next closing one, if it has a byte; else the whole key.
///
/// Keys of indexes may have braces, since a principal may have any characters.
fn hashed_part(key: &[u8]) -> &[u8] {
    let part = || {
        let begin = key.iter().position(|byte| *byte == b'{')? + 1;
        let len = key[begin..].iter().position(|byte| *byte == b'}')?;
        (len > 0).then(|| &key[begin..begin + len])
    };
    part().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use redis::cmd;

    use super::*;

    fn slot(key: &str) -> u16 {
        let mut get = cmd("GET");
        key_slot(get.arg(key)).unwrap()
    }

    #[test]
    fn the_slot_of_a_key_is_that_of_the_specification() {
        assert_eq!(CHECKSUM.checksum(b"123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12_182);
        assert_eq!(slot("{user1000}.following"), slot("{user1000}.followers"));
        assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
        assert_eq!(slot("foo{bar}{zap}"), slot("bar"));
        assert_ne!(slot("foo{}{bar}"), slot("bar"));
    }

    #[test]
    fn the_key_of_a_script_is_its_first_one() {
        let mut script = cmd("EVALSHA");
        script.arg("hash").arg(1).arg("foo").arg("bar");
        assert_eq!(key_slot(&script), Some(12_182));
        assert_eq!(key_slot(&cmd("PING")), None);
    }
}
