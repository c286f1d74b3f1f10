/// A number in `0.0..1.0` that spreads retries and sweeps out in time. Not for secrets.
pub(crate) fn fraction() -> f64 {
    // Without a random number, everybody waits for the same time: slower, but correct.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}
