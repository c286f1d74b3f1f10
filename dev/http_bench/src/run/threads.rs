use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::Context;

/// The time that each thread of a process has been running on a processor.
///
/// The kernel counts it in nanoseconds, in `/proc/<process>/task/<thread>/schedstat`. The times in
/// `/proc/<process>/stat` are those of all threads together, in hundredths of a second.
#[derive(Debug, Default)]
pub(super) struct Threads(BTreeMap<u32, Duration>);

impl Threads {
    pub(super) fn of(process: u32) -> anyhow::Result<Self> {
        let folder = format!("/proc/{process}/task");
        let mut times = BTreeMap::new();
        for entry in fs::read_dir(&folder).with_context(|| folder.clone())? {
            let entry = entry?;
            let thread = entry.file_name().to_string_lossy().parse()?;
            // A thread may end between the two calls.
            if let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) {
                times.insert(thread, running_time(&text)?);
            }
        }
        Ok(Self(times))
    }

    /// Returns the time since an earlier moment. What a thread did that has ended is not in it.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let since = |(thread, time): (&u32, &Duration)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            time.saturating_sub(before)
        };
        self.0.iter().map(since).sum()
    }
}

/// Returns the first of the numbers: the time on a processor, in nanoseconds.
fn running_time(schedstat: &str) -> anyhow::Result<Duration> {
    let first = schedstat.split_whitespace().next();
    let first = first.context("the file `schedstat` is empty")?;
    Ok(Duration::from_nanos(first.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_time_is_the_first_number() {
        let time = running_time("67647666 38365538 227\n").unwrap();
        assert_eq!(time, Duration::from_nanos(67_647_666));
        assert!(running_time("").is_err());
        assert!(running_time("many").is_err());
    }

    #[test]
    fn the_time_since_a_moment_is_that_of_old_and_new_threads() {
        let threads = |times: &[(u32, u64)]| {
            let times = times.iter().copied();
            Threads(
                times
                    .map(|(id, ms)| (id, Duration::from_millis(ms)))
                    .collect(),
            )
        };
        let earlier = threads(&[(1, 10), (2, 20)]);
        let later = threads(&[(1, 15), (3, 7)]);
        assert_eq!(later.since(&earlier), Duration::from_millis(12));
    }

    #[test]
    fn this_process_has_threads_that_have_run() {
        let threads = Threads::of(std::process::id()).unwrap();
        assert!(threads.since(&Threads::default()) > Duration::ZERO);
    }
}
