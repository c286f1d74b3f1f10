use tokio::sync::{Mutex, MutexGuard};

/// Waits until no other test of this binary runs. Tests under load disturb each other.
pub async fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::const_new(());
    RUNNING.lock().await
}
