//! Faults under load, with the expectations that each store must meet.

mod hang_ups;
mod kills;
mod silence;
mod stops;

pub use hang_ups::hang_up_under_load;
pub use kills::kill_under_load;
pub use silence::silence_under_load;
pub use stops::stop_under_load;
