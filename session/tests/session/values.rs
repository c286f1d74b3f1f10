//! Values that JSON does not have, or that cannot be read back, are refused at the call.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt::Debug;

use pavex::http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use session::SessionError;
use session::state::StateValue;

use crate::support::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flattened {
    name: String,
    #[serde(flatten)]
    by_number: HashMap<u32, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Wide { number: u128 },
    Map { by_number: HashMap<u32, u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Skipped {
    #[serde(skip_serializing)]
    required: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Plain {
    Unit,
    Newtype(u8),
    Struct { a: i128 },
}

/// Inserts the value on both sides of a session that has `kept`, and returns the two errors.
async fn refusals<V: StateValue + ?Sized>(value: &V) -> [SessionError; 2] {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("kept", "before").await.unwrap();
    session.client_mut().insert("kept", "before").unwrap();
    browser.respond(session).await.unwrap();
    spy.operations();

    let mut session = browser.request();
    let refused = [
        session.insert("kept", value).await.unwrap_err(),
        session.client_mut().insert("kept", value).unwrap_err(),
    ];
    let response = browser.respond(session).await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    assert!(spy.operations().is_empty());
    let session = browser.request();
    let kept = session.get::<String>("kept").await.unwrap();
    assert_eq!(kept.as_deref(), Some("before"));
    let kept = session.client().get::<String>("kept").unwrap();
    assert_eq!(kept.as_deref(), Some("before"));
    refused
}

async fn is_not_json<V: StateValue + ?Sized>(value: &V) {
    for error in refusals(value).await {
        assert!(matches!(error, SessionError::Serialize { .. }), "{error}");
    }
}

async fn is_not_read_back<V: StateValue + ?Sized>(value: &V) {
    for error in refusals(value).await {
        assert!(matches!(error, SessionError::NotReadBack { .. }), "{error}");
    }
}

async fn comes_back<V: Serialize + DeserializeOwned + PartialEq + Debug>(value: V) {
    let mut browser = Spy::default().app().browser();
    let mut session = browser.request();
    session.insert("value", &value).await.unwrap();
    session.client_mut().insert("value", &value).unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    let server_side: Option<V> = session.get("value").await.unwrap();
    assert_eq!(server_side.as_ref(), Some(&value));
    assert_eq!(session.client().get("value").unwrap(), Some(value));
}

#[tokio::test]
async fn numbers_that_json_does_not_have_are_refused_at_any_depth() {
    is_not_json(&f64::NAN).await;
    is_not_json(&f64::INFINITY).await;
    is_not_json(&f32::NEG_INFINITY).await;
    is_not_json(&vec![1.0, f64::NAN]).await;
    is_not_json([f64::NAN].as_slice()).await;
    is_not_json(&BTreeMap::from([("a", Some((1, f64::NAN)))].map(owned_key))).await;
}

fn owned_key<V>((key, value): (&str, V)) -> (String, V) {
    (key.to_owned(), value)
}

#[tokio::test]
async fn a_some_that_reads_like_none_is_refused() {
    is_not_json(&Some(())).await;
    is_not_json(&Some(None::<u8>)).await;
    is_not_json(&vec![Some(Value::Null)]).await;
}

#[tokio::test]
async fn values_whose_json_is_not_of_their_type_are_refused() {
    is_not_read_back(&Flattened {
        name: "a".into(),
        by_number: HashMap::from([(1, "b".into())]),
    })
    .await;
    let number = 1 << 64;
    is_not_read_back(&Tagged::Wide { number }).await;
    let by_number = HashMap::from([(1, 2)]);
    is_not_read_back(&Tagged::Map { by_number }).await;
    let required = "a".into();
    is_not_read_back(&Skipped { required }).await;
    let nested = (0..200).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    is_not_read_back(&nested).await;
}

#[tokio::test]
async fn values_of_all_other_shapes_are_read_back_equal() {
    comes_back(()).await;
    comes_back('\u{1F36A}').await;
    comes_back((u128::MAX, i128::MIN)).await;
    comes_back((f64::MIN_POSITIVE, 0.1_f32, 0.1 + 0.2)).await;
    comes_back((None::<u8>, Some(1))).await;
    comes_back([Plain::Unit, Plain::Newtype(1), Plain::Struct { a: -1 }]).await;
    comes_back(HashMap::from([(-1, 'a'), (2, 'b')])).await;
    comes_back(BTreeMap::from([(true, 'a')])).await;
    comes_back(BTreeMap::from([(Plain::Unit, 'a')])).await;
}

#[tokio::test]
async fn an_update_whose_result_json_does_not_have_changes_nothing() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("rate", &1.0).await.unwrap();
    browser.respond(session).await.unwrap();
    spy.operations();

    let mut session = browser.request();
    let times_nan = |old: Option<f64>| old.unwrap_or(0.0) * f64::NAN;
    let refused = session.update("rate", times_nan).await.unwrap_err();
    assert!(matches!(refused, SessionError::Serialize { .. }));
    let times_nan = move |old| Ok::<_, Infallible>(Some(times_nan(old)));
    let refused = session.try_update("rate", times_nan).await.unwrap_err();
    assert!(matches!(refused, SessionError::Serialize { .. }));
    assert_eq!(session.get("rate").await.unwrap(), Some(1.0));
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert_eq!(browser.request().get("rate").await.unwrap(), Some(1.0));
}

#[tokio::test]
async fn a_map_with_the_same_entries_in_another_order_changes_nothing() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    // Each map has a hash function of its own.
    let map = || HashMap::<u32, u32>::from_iter((0..20).map(|n| (n, n * n)));
    let mut session = browser.request();
    session.insert("map", &map()).await.unwrap();
    session.client_mut().insert("map", &map()).unwrap();
    browser.respond(session).await.unwrap();
    spy.operations();

    let mut session = browser.request();
    session.insert("map", &map()).await.unwrap();
    session
        .update("map", move |_: Option<_>| map())
        .await
        .unwrap();
    session.client_mut().insert("map", &map()).unwrap();
    let response = browser.respond_with(StatusCode::OK, session).await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    assert_eq!(spy.operations(), ["load"]);
}
