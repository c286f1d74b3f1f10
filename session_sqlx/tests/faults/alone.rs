use tokio::sync::{Mutex, MutexGuard};

/// Waits until no other test runs: each wants the machine for itself.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
