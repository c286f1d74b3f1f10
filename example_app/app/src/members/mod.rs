//! The members: their accounts, their passwords, and the one who is logged in.

mod current_user;
mod device;

mod seed;
mod users;

mod throttle;
mod visitor;

mod new_name;
mod new_password;
mod passwords;

pub use current_user::{CurrentUser, NotAdmitted, fresh_user};
pub use device::Device;
pub use new_name::{BadName, NewName};
pub use new_password::{BadPassword, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewPassword};
pub use passwords::{PasswordWorkError, hash_password};
pub use seed::{SeedError, seeded_users};
pub use throttle::TooManyGuesses;
pub use users::{PasswordChange, Users, UsersError, Verified};
pub use visitor::Visitor;
