//! Two requests of one browser whose steps run in a given order.

mod action;
mod order;
mod scenario;
mod spy;
mod stops;

pub(crate) use action::{Action, Expected, Sent};
pub(crate) use order::{Order, Request, Step};
pub(crate) use scenario::Scenario;
pub(crate) use spy::Spy;
pub(crate) use stops::{StoppedTask, Stops};
