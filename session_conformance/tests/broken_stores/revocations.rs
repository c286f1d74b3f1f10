//! Faults in `delete_all_of`.

use session::store::Page;
use session::testing::{Answer, Operation};

use crate::fault::{fault, yield_to_others};

fault!(RevocationIgnoresTheException, |store| Operation::DeleteAllOf(owner, _) => {
    Ok(Answer::DeleteAllOf(store.delete_all_of(owner, None).await?))
});

fault!(RevocationCountsTheException, |store| Operation::DeleteAllOf(owner, except) => {
    let count = store.delete_all_of(owner, except).await?;
    Ok(Answer::DeleteAllOf(count + u64::from(except.is_some())))
});

fault!(RevocationObeysAForeignException, |store| Operation::DeleteAllOf(owner, except) => {
    let owned = store.sessions_of(owner, Page::ALL).await?;
    if except.is_some_and(|id| owned.iter().all(|summary| summary.id != id)) {
        return Ok(Answer::DeleteAllOf(0));
    }
    Ok(Answer::DeleteAllOf(store.delete_all_of(owner, except).await?))
});

fault!(RevocationHidesTheCount, |store| Operation::DeleteAllOf(owner, except) => {
    store.delete_all_of(owner, except).await?;
    Ok(Answer::DeleteAllOf(0))
});

fault!(interleaved RevocationIsOneByOne, |store| Operation::DeleteAllOf(owner, except) => {
    let mut count = 0;
    for summary in store.sessions_of(owner, Page::ALL).await? {
        if Some(summary.id) != except {
            store.delete(summary.id, None).await?;
            count += 1;
            yield_to_others().await;
        }
    }
    Ok(Answer::DeleteAllOf(count))
});
