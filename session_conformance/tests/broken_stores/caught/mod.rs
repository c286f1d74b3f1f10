//! The rules that fail for each fault.

mod sweeps;
mod values;
mod writes;
