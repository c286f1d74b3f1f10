//! Deleting what has expired, which Redis does by itself.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use redis::cmd;
use session::SessionId;
use session::store::StoreError;
use time::UtcDateTime;

use crate::codec;
use crate::core::Core;
use crate::errors::store_error;
use crate::link::Server;

/// How far the clock of the application may be ahead without a search through all records.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How many keys Redis looks at in one go, while others wait.
const STEP: u32 = 500;

impl Core {
    /// Whether Redis has discarded everything with a deadline up to that time: then there is nothing to look
    /// for. If it is about to, waits until it has.
    pub(crate) async fn is_left_to_redis(&self, before: UtcDateTime) -> Result<bool, StoreError> {
        let clocks = self.link.query_masters::<(i64, i64)>(&cmd("TIME")).await;
        let clocks = clocks.map_err(store_error)?.into_iter();
        let times = clocks.map(|(_, (seconds, micros))| seconds * 1_000 + micros / 1_000);
        // The one that is last behind.
        let now = times.min().unwrap_or(i64::MIN);
        // What expires in a millisecond is there until that is over.
        let missing = codec::expiry(before).saturating_add(1).saturating_sub(now);
        let Ok(missing @ 1..) = u64::try_from(missing) else {
            return Ok(true);
        };
        let wait = Duration::from_millis(missing);
        if wait > LONGEST_WAIT {
            return Ok(false);
        }
        tokio::time::sleep(wait).await;
        Ok(true)
    }

    /// The records that expire first, of those that expire by then.
    pub(crate) async fn earliest_deadlines(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<BTreeSet<SessionId>, StoreError> {
        let mut search = Search {
            latest: codec::micros(before),
            batch: usize::try_from(batch.get()).unwrap_or(usize::MAX),
            found: BTreeSet::new(),
        };
        let servers = self.link.query_masters::<String>(&cmd("PING")).await;
        for (server, _) in servers.map_err(store_error)? {
            self.search_server(&server, &mut search).await?;
        }
        Ok(search.found.into_iter().map(|(_, id)| id).collect())
    }

    async fn search_server(&self, server: &Server, search: &mut Search) -> Result<(), StoreError> {
        let mut cursor = 0_u64;
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(self.prefix.pattern());
            scan.arg("COUNT").arg(STEP);
            let step = self
                .link
                .query_at::<(u64, Vec<Vec<u8>>)>(server, &scan)
                .await;
            let (next, keys) = step.map_err(store_error)?;
            let ids: Vec<_> = keys.iter().filter_map(|key| self.prefix.id(key)).collect();
            let deadlines = ids.iter().map(|id| {
                let mut range = cmd("GETRANGE");
                range.arg(self.prefix.record(*id));
                range
                    .arg(codec::DEADLINE.start)
                    .arg(codec::DEADLINE.end - 1);
                range
            });
            let deadlines = self.link.query_all::<Vec<u8>>(deadlines.collect()).await;
            for (id, deadline) in ids.into_iter().zip(deadlines.map_err(store_error)?) {
                search.consider(id, &deadline);
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

/// What was found so far.
struct Search {
    latest: i64,
    batch: usize,
    /// With the deadline first: the earliest come first.
    found: BTreeSet<(i64, SessionId)>,
}

impl Search {
    /// `deadline` is empty if the record is gone.
    fn consider(&mut self, id: SessionId, deadline: &[u8]) {
        let Ok(deadline) = deadline.try_into().map(codec::number) else {
            return;
        };
        if deadline > self.latest {
            return;
        }
        self.found.insert((deadline, id));
        if self.found.len() > self.batch {
            self.found.pop_last();
        }
    }
}
