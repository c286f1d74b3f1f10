//! The events of a run.

use std::time::Duration;

use crate::gate::{Party, Point, Verdict};
use crate::world::World;

/// Something that happens next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Event {
    /// A browser sends its next request.
    Send(usize),
    /// The administrator begins to end all sessions of the principal.
    RevokeAll,
    /// The administrator begins to end all sessions of the application.
    Purge,
    /// The administrator restarts the application with `valid_from`, the present time.
    Restart,
    /// Another program changes the password.
    ChangePassword,
    /// The record behind the cookie of a browser is damaged.
    Damage(usize),
    /// A request that waits goes on.
    Release(Party, Verdict),
    /// A browser receives an answer.
    Deliver(Party),
    /// A client hangs up, or an answer is lost on the way.
    Drop(Party),
    /// The clock moves.
    Advance(Duration),
}

impl Event {
    /// Returns `true` if a run may end without the event.
    pub(crate) fn is_only_of_the_world(&self) -> bool {
        matches!(
            self,
            Self::Advance(_) | Self::Damage(_) | Self::ChangePassword
        )
    }

    /// Describes the event in one line, before it happens.
    pub(crate) fn describe(self, world: &World) -> String {
        match self {
            Self::Send(browser) => {
                let party = world.requests.len();
                let actions = world.browsers[browser].unsent.last();
                let actions = actions.into_iter().flatten();
                let actions: Vec<_> = actions.map(|action| action.name()).collect();
                let actions = actions.join(", ");
                format!("browser {browser} sends request {party}: {actions}")
            }
            Self::RevokeAll => "the administrator ends all sessions of the principal".to_owned(),
            Self::Purge => "the administrator ends all sessions".to_owned(),
            Self::Restart => "the application restarts, with `valid_from` at this time".to_owned(),
            Self::ChangePassword => "another program changes the password".to_owned(),
            Self::Damage(browser) => format!("the record of browser {browser} is damaged"),
            Self::Release(party, Verdict::Go) => request(world, party),
            Self::Release(party, Verdict::Fail) => format!("{} fails", request(world, party)),
            Self::Release(party, Verdict::LoseAnswer) => {
                format!("{}, whose answer is lost", request(world, party))
            }
            Self::Deliver(party) => format!("{}: the answer arrives", request(world, party)),
            Self::Drop(party) => format!("{}: the client hangs up", request(world, party)),
            Self::Advance(step) => format!("{} seconds pass", step.as_secs()),
        }
    }
}

/// Describes a request, and the point at which it waits.
fn request(world: &World, party: Party) -> String {
    let sender = match world.requests[party].browser {
        Some(browser) => format!("request {party} of browser {browser}"),
        None => "the administrator's request".to_owned(),
    };
    let waiting = world.gate.waiting();
    let point = waiting.into_iter().find(|(waits, _)| *waits == party);
    match point {
        Some((_, Point::Store(operation))) => format!("{sender}, store `{operation}`"),
        Some((_, Point::Handler(step))) => format!("{sender}, {step}"),
        None => sender,
    }
}
