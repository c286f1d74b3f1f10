use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// A server process, with the processes that it started.
#[derive(Debug)]
pub(crate) struct Process(Child);

/// The time until processes end after they were killed.
const END_LIMIT: Duration = Duration::from_secs(10);

impl Process {
    /// Starts the process in a group of its own, so that signals of the terminal do not reach it.
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.process_group(0).spawn();
        let child = child.with_context(|| format!("cannot run {:?}", command.get_program()))?;
        Ok(Self(child))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Returns the exit status, or `None` if the process runs.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Ends all processes at the same moment, and waits until they are gone.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        // A stopped parent starts no more children, and keeps the ids of those that end.
        self.signal(Signal::STOP)?;
        let children = self.children();
        self.signal(Signal::KILL)?;
        for child in &children {
            // A child that has ended by itself is a zombie, which the signal does not affect.
            _ = kill_process(*child, Signal::KILL);
        }
        self.0.wait()?;
        wait_until_gone(&children)
    }

    pub(crate) fn stop(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)?;
        for child in self.children() {
            _ = kill_process(child, Signal::STOP);
        }
        Ok(())
    }

    pub(crate) fn resume(&self) -> anyhow::Result<()> {
        for child in self.children() {
            _ = kill_process(child, Signal::CONT);
        }
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.0), signal)?;
        Ok(())
    }

    /// The processes that serve connections, if the server starts such ones.
    fn children(&self) -> Vec<Pid> {
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.unwrap_or_default();
        let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
        ids.filter_map(Pid::from_raw).collect()
    }
}

/// Waits until no process is left. A server does not start on data that another one uses.
fn wait_until_gone(processes: &[Pid]) -> anyhow::Result<()> {
    let start = Instant::now();
    while processes.iter().any(|process| is_running(*process)) {
        ensure!(
            start.elapsed() < END_LIMIT,
            "processes of the server do not end"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Returns `false` for zombies, which may never be reaped.
fn is_running(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let stat = stat.unwrap_or_default();
    let state = stat.rsplit(')').next().map(str::trim_start);
    state.is_some_and(|state| !state.is_empty() && !state.starts_with(['Z', 'X']))
}
