//! The rules that fail for each fault.

mod cutoffs;
mod sweeps;
mod values;
mod writes;
