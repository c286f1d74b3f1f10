//! The page with the results, and its chart.

mod chart;
mod page;
mod summary;
mod table;
mod versions;

#[cfg(test)]
mod measured;

pub(crate) use chart::chart;
pub(crate) use page::page;
pub(crate) use table::costs;
