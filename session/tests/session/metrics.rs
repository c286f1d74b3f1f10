//! The counters of the feature `metrics`.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::*;

/// The values of counters, and how many values histograms have.
fn taken(snapshotter: &Snapshotter) -> BTreeMap<String, u64> {
    let metrics = snapshotter.snapshot().into_vec();
    let metrics = metrics.into_iter().map(|(key, _unit, _text, value)| {
        let key = key.key();
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(n) => n,
            DebugValue::Histogram(values) => values.len() as u64,
            DebugValue::Gauge(_) => panic!("there is no gauge"),
        };
        (format!("{}{labels:?}", key.name()), value)
    });
    metrics.collect()
}

#[test]
fn every_event_is_counted_and_every_operation_is_timed() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let spy = Spy::default();
            let app = spy.app();
            let mut browser = browser_with_session(&app).await;
            log_in(&mut browser, alice()).await.unwrap();
            spy.behave(Behaviour::Yielding);
            assert!(browser.request().is_empty().await.unwrap());
        });
    });
    let metrics = taken(&snapshotter);
    let names: Vec<_> = metrics.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    insta::assert_snapshot!(names.join("\n"));
}
