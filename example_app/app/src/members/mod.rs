//! Who may log in, and who is.

mod current_user;

mod seed;
mod users;

mod passwords;

pub use current_user::{CurrentUser, NotAdmitted};
pub use seed::SeedError;
pub use users::{Users, UsersError};

use session::StateKey;

/// Where the session has the name of the member who is logged in.
///
/// In the server-side state: it is gone at the moment when the session ends.
pub const USER: StateKey<String> = StateKey::new("user");
