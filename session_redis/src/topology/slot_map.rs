use redis::{RedisResult, Value};

use super::failures::unexpected;
use super::server::Address;

/// The masters of a cluster, and the slots that each of them has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SlotMap {
    /// The ranges of slots, in their order.
    ranges: Vec<Range>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u16,
    last: u16,
    master: Address,
}

impl SlotMap {
    /// Parses an answer to `CLUSTER SLOTS` of the node at the address `asked`, which may leave out
    /// its own host.
    pub(super) fn parse(answer: Value, asked: &Address) -> RedisResult<Self> {
        let ranges: Vec<Vec<Value>> = redis::from_redis_value(answer)?;
        let ranges = ranges.into_iter().map(|range| Range::parse(range, asked));
        let mut ranges = ranges.collect::<RedisResult<Vec<_>>>()?;
        ranges.sort();
        Ok(Self { ranges })
    }

    /// Returns the master that has the slot, if any has it.
    pub(super) fn master_of(&self, slot: u16) -> Option<&Address> {
        let after = self.ranges.partition_point(|range| range.first <= slot);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= range.last).then_some(&range.master)
    }

    /// Returns each master once.
    pub(super) fn masters(&self) -> Vec<Address> {
        let masters = self.ranges.iter().map(|range| range.master.clone());
        let mut masters: Vec<_> = masters.collect();
        masters.sort();
        masters.dedup();
        masters
    }
}

impl Range {
    /// Parses the first slot, the last slot and the master; the replicas follow.
    fn parse(mut range: Vec<Value>, asked: &Address) -> RedisResult<Self> {
        range.truncate(3);
        let [first, last, master] = <[Value; 3]>::try_from(range)
            .map_err(|_| unexpected("a range of slots without a master"))?;
        Ok(Self {
            first: redis::from_redis_value(first)?,
            last: redis::from_redis_value(last)?,
            master: address(redis::from_redis_value(master)?, asked)?,
        })
    }
}

fn address(node: Vec<Value>, asked: &Address) -> RedisResult<Address> {
    let mut node = node.into_iter();
    let host: Option<String> = redis::from_redis_value(node.next().unwrap_or_default())?;
    let port: u16 = redis::from_redis_value(node.next().unwrap_or_default())?;
    // The host of a node that does not know it is empty, or a question mark.
    let host = host.filter(|host| !host.is_empty() && host != "?");
    Ok((host.unwrap_or_else(|| asked.0.clone()), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn range(first: i64, last: i64, host: &str, port: i64) -> Value {
        let master = Value::Array(vec![bulk(host), Value::Int(port), bulk("id")]);
        let replica = Value::Array(vec![bulk("10.0.0.9"), Value::Int(9), bulk("id")]);
        Value::Array(vec![Value::Int(first), Value::Int(last), master, replica])
    }

    #[test]
    fn the_master_of_a_slot_is_that_of_its_range() {
        let asked = ("10.0.0.1".to_owned(), 1);
        let answer = Value::Array(vec![
            range(100, 199, "10.0.0.2", 2),
            range(0, 99, "", 1),
            range(300, 300, "10.0.0.2", 2),
        ]);
        let slots = SlotMap::parse(answer, &asked).unwrap();
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
        assert_eq!(slots.masters(), [asked, second]);
    }

    #[test]
    fn a_range_of_slots_without_a_master_is_an_error() {
        let asked = ("10.0.0.1".to_owned(), 1);
        for answer in [
            bulk("x"),
            Value::Array(vec![Value::Int(0), Value::Int(1)]),
            Value::Array(vec![]),
        ] {
            let answer = Value::Array(vec![answer]);
            assert!(SlotMap::parse(answer, &asked).is_err());
        }
    }
}
