//! Faults in `create`.

use session::store::{CreateOutcome, Revision};
use session::testing::{Answer, Operation};

use crate::fault::{changed, fault, overwrite, yield_to_others};

fault!(CreateOverwrites, |store| Operation::Create(record) => {
    overwrite(store, record).await?;
    Ok(Answer::Create(CreateOutcome::Created))
});

fault!(CreateHidesDuplicates, |store| Operation::Create(record) => {
    _ = store.create(record).await?;
    Ok(Answer::Create(CreateOutcome::Created))
});

fault!(CreateOverwritesDuplicates, |store| Operation::Create(record) => {
    let outcome = store.create(record).await?;
    overwrite(store, record).await?;
    Ok(Answer::Create(outcome))
});

fault!(CreateOverwritesExpired, |store| Operation::Create(record) => {
    if let Some(old) = store.load(record.id).await?
        && old.expires_at <= record.created_at
    {
        store.delete(record.id, None).await?;
    }
    Ok(Answer::Create(store.create(record).await?))
});

fault!(CreateStartsAtRevisionOne, |store| Operation::Create(record) => {
    let first = changed(record, |it| it.revision = Revision::FIRST);
    Ok(Answer::Create(store.create(&first).await?))
});

fault!(interleaved CreateIsRacy, |store| Operation::Create(record) => {
    if store.load(record.id).await?.is_some() {
        return Ok(Answer::Create(CreateOutcome::DuplicateId));
    }
    yield_to_others().await;
    overwrite(store, record).await?;
    Ok(Answer::Create(CreateOutcome::Created))
});

fault!(interleaved CreateIsTorn, |store| Operation::Create(record) => {
    let outcome = store.create(&changed(record, |it| it.label = None)).await?;
    yield_to_others().await;
    if outcome == CreateOutcome::Created {
        _ = store.replace(record, record.revision).await?;
    }
    Ok(Answer::Create(outcome))
});
