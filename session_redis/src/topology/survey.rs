//! The servers that have all records between them, at one moment.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use redis::cmd;
use session::store::{StoreError, StoreErrorKind};

use super::Topology;
use super::server::Server;

/// The servers with records, and a fingerprint of their processes and slots.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    servers: Vec<Server>,
    fingerprint: u64,
}

/// The number of slots of a cluster.
const ALL_SLOTS: u32 = 16_384;

/// The number of attempts to find masters that have all slots between them.
const ATTEMPTS: u32 = 5;

const PAUSE: Duration = Duration::from_millis(200);

impl Survey {
    /// Asks the servers.
    ///
    /// # Errors
    ///
    /// - Returns an error if a server does not answer, does not report its run id, or does not
    ///   permit `INFO` or, in a cluster, `CLUSTER NODES`.
    /// - Returns an error of the kind `Unavailable` if slots are being moved, or have no master.
    pub(crate) async fn of(topology: &Topology) -> Result<Self, StoreError> {
        for _ in 1..ATTEMPTS {
            if let Ok(survey) = Self::attempt(topology).await? {
                return Ok(survey);
            }
            tokio::time::sleep(PAUSE).await;
            topology.ask_for_masters().await?;
        }
        let last = Self::attempt(topology).await?;
        last.map_err(|unsettled| StoreError::new(StoreErrorKind::Unavailable, unsettled))
    }

    async fn attempt(topology: &Topology) -> Result<Result<Self, Unsettled>, StoreError> {
        let mut info = cmd("INFO");
        let infos: Vec<(_, String)> = topology.query_masters(info.arg("server")).await?;
        let (mut survey, mut slots) = (Self::default(), 0);
        for (server, info) in infos {
            let Some(own) = own_slots(topology, &server).await? else {
                return Ok(Err(Unsettled::Moving));
            };
            slots += own.count;
            survey.add(server, run_id(&info)?, &own);
        }
        Ok(match slots {
            ALL_SLOTS => Ok(survey),
            _ => Err(Unsettled::Incomplete(slots)),
        })
    }

    fn add(&mut self, server: Server, run_id: &str, slots: &OwnSlots) {
        let mut hasher = DefaultHasher::new();
        (self.fingerprint, run_id, &slots.text).hash(&mut hasher);
        self.fingerprint = hasher.finish();
        self.servers.push(server);
    }

    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Returns a number that differs if a server was started again, or the slots have moved.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// Returns the slots of a server; `None` if one of them is being moved.
async fn own_slots(topology: &Topology, server: &Server) -> Result<Option<OwnSlots>, StoreError> {
    if !topology.is_cluster() {
        return Ok(Some(OwnSlots {
            text: String::new(),
            count: ALL_SLOTS,
        }));
    }
    let mut nodes = cmd("CLUSTER");
    let nodes: String = topology.query_at(server, nodes.arg("NODES")).await?;
    Ok(OwnSlots::parse(&nodes))
}

/// Returns the identity of a process of Redis. Without it, a restart would not be detected, and the
/// walk would miss records.
fn run_id(info: &str) -> Result<&str, StoreError> {
    let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:"));
    let run_id = run_id.filter(|run_id| !run_id.is_empty());
    run_id.ok_or_else(|| StoreError::new(StoreErrorKind::Unavailable, NoRunId))
}

/// The slots of the node that answered `CLUSTER NODES`.
struct OwnSlots {
    text: String,
    count: u32,
}

impl OwnSlots {
    /// Returns `None` if one of the slots is being moved: those follow the others in brackets.
    fn parse(nodes: &str) -> Option<Self> {
        let mut lines = nodes
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        let is_own = |fields: &&str| fields.split(',').any(|flag| flag == "myself");
        let own = lines.find(|fields| fields.get(2).is_some_and(is_own));
        let ranges: Vec<&str> = own.into_iter().flatten().skip(8).collect();
        if ranges.iter().any(|range| range.starts_with('[')) {
            return None;
        }
        Some(Self {
            count: ranges.iter().map(|range| slots_in(range)).sum(),
            text: ranges.join(" "),
        })
    }
}

/// Returns the number of slots in `7` or `7-9`.
fn slots_in(range: &str) -> u32 {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => u32::from(last - first) + 1,
        _ => 0,
    }
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Unsettled {
    #[error("slots of the cluster are being moved: repeat the operation after that")]
    Moving,
    #[error(
        "the masters of the cluster have {0} of {ALL_SLOTS} slots: repair the cluster, and repeat \
         the operation"
    )]
    Incomplete(u32),
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the server leaves its `run_id` out of `INFO server`, so a restart during the walk through all \
     records could not be detected: connect to the server itself"
)]
struct NoRunId;

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = "a 10.0.0.1:1@2 master - 0 0 1 connected 0-99 200";

    #[test]
    fn the_slots_of_the_node_itself_are_counted() {
        let own = "b 10.0.0.2:1@2 myself,master - 0 0 2 connected 100-199 300";
        let own = OwnSlots::parse(&format!("{OTHER}\n{own}\n")).unwrap();
        assert_eq!((own.count, own.text.as_str()), (101, "100-199 300"));
        let replica = OwnSlots::parse("c 10.0.0.3:1@2 myself,slave a 0 0 2 connected\n");
        assert_eq!(replica.unwrap().count, 0);
    }

    #[test]
    fn a_node_with_a_slot_on_its_way_is_unsettled() {
        for open in ["[5->-a]", "[5-<-a]"] {
            let own = format!("b 10.0.0.2:1@2 myself,master - 0 0 2 connected 0-9 {open}");
            assert!(OwnSlots::parse(&own).is_none());
        }
    }

    #[test]
    fn the_identity_of_a_process_is_in_its_information() {
        assert_eq!(run_id("# Server\r\nrun_id:ab12\r\n").unwrap(), "ab12");
        for info in ["", "# Server\r\nrun_id:\r\n"] {
            assert!(run_id(info).is_err());
        }
    }
}
