use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line on the standard error that shows how far a long work is. It is shown on a terminal only.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows that `what` begins.
    pub(crate) fn of(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {human_pos}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Shows the number of sessions that are done.
    pub(crate) fn show(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
