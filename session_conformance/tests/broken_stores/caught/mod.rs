//! The rules that fail for each fault.

mod cutoffs;
mod origins;
mod sweeps;
mod values;
mod walks;
mod writes;
