use session::store::StoreErrorKind;
use sqlx::error::DatabaseError;

use crate::driver::Driver;

/// The differences between the databases that do not concern their SQL.
pub(crate) trait Engine: Driver {
    fn fault(error: &dyn DatabaseError) -> Fault;
}

/// The meaning of an error that a database reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The database rolled the statement back because of others that ran at the same time. The
    /// statement had no effect and may be run again.
    Transient,
    /// Nothing can be written on this connection. The statement had no effect.
    ReadOnly,
    Lasting(StoreErrorKind),
}
