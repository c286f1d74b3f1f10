//! Which rules catch which fault.

mod sweeps;
mod values;
mod writes;
