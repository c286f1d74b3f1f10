use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Included, Unbounded};

use session::store::{OriginHash, SessionRecord};
use session::{Principal, SessionId};

/// The ids of the records that have a principal, and of those that have an origin.
///
/// A record without them has no entry.
#[derive(Default)]
pub(crate) struct Owners {
    by_principal: BTreeSet<(Principal, SessionId)>,
    by_origin: BTreeSet<(OriginHash, SessionId)>,
}

impl Owners {
    pub(crate) fn add(&mut self, record: &SessionRecord) {
        if let Some(principal) = &record.principal {
            self.by_principal.insert((principal.clone(), record.id));
        }
        if let Some(origin) = record.origin {
            self.by_origin.insert((origin, record.id));
        }
    }

    pub(crate) fn remove(&mut self, record: &SessionRecord) {
        if let Some(principal) = &record.principal {
            self.by_principal.remove(&(principal.clone(), record.id));
        }
        if let Some(origin) = record.origin {
            self.by_origin.remove(&(origin, record.id));
        }
    }

    /// Returns the ids of the sessions that belong to `principal` and are greater than `after`, in
    /// ascending order.
    pub(crate) fn ids_after(
        &self,
        principal: &Principal,
        after: Option<SessionId>,
    ) -> impl Iterator<Item = SessionId> {
        let start = match after {
            Some(id) => Excluded((principal.clone(), id)),
            None => Included((principal.clone(), lowest_id())),
        };
        self.by_principal
            .range((start, Unbounded))
            .take_while(move |(owner, _)| owner == principal)
            .map(|(_, id)| *id)
    }

    /// Returns the ids of the sessions that have this origin.
    pub(crate) fn ids_from(&self, origin: &OriginHash) -> impl Iterator<Item = SessionId> {
        self.by_origin
            .range((*origin, lowest_id())..)
            .take_while(move |(it, _)| it == origin)
            .map(|(_, id)| *id)
    }
}

fn lowest_id() -> SessionId {
    let id = "00000000-0000-7000-0000-000000000000".parse();
    id.expect("it is a UUID of version 7")
}
