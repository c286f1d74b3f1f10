//! Which requests `cross_origin_protection` lets pass. The cases are those that Go's
//! `net/http.CrossOriginProtection` decides, and some more.

use pavex::http::header::{HOST, HeaderName, HeaderValue};
use pavex::http::{HeaderMap, Method, Uri, Version};
use pavex::middleware::Processing;
use pavex::request::RequestHead;
use session::cross_origin_protection;

use crate::support::*;

const SITE: &str = "sec-fetch-site";
const ORIGIN: &str = "origin";
const OWN: &str = "https://example.com";
const OTHER: &str = "https://attacker.example";
const TRUSTED: &str = "https://trusted.example";

fn request(method: Method, headers: &[(&'static str, &str)]) -> RequestHead {
    let mut map = HeaderMap::new();
    map.insert(HOST, HeaderValue::from_static("example.com"));
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        map.append(HeaderName::from_static(name), value);
    }
    RequestHead {
        method,
        target: Uri::from_static("/transfer"),
        version: Version::HTTP_11,
        headers: map,
    }
}

fn passes(head: &RequestHead) -> bool {
    let app = Spy::default().app_with(|config| {
        config.cross_origin.trusted_origins = vec![TRUSTED.into()];
    });
    match cross_origin_protection(head, &app.policy) {
        Processing::Continue => true,
        Processing::EarlyReturn(response) => {
            assert_eq!(response.status().as_u16(), 403);
            false
        }
    }
}

#[test]
fn sec_fetch_site_decides_where_it_is_sent() {
    for (method, site, origin, expected) in [
        (Method::POST, "same-origin", None, true),
        (Method::POST, "none", None, true),
        (Method::POST, "cross-site", None, false),
        (Method::POST, "same-site", None, false),
        (Method::POST, "no such value", None, false),
        (Method::POST, "SAME-ORIGIN", None, false),
        // It counts more than the origin.
        (Method::POST, "same-origin", Some(OTHER), true),
        (Method::POST, "cross-site", Some(OWN), false),
        (Method::POST, "cross-site", Some(TRUSTED), true),
        (Method::POST, "same-site", Some(TRUSTED), true),
        (Method::PUT, "cross-site", None, false),
        (Method::PATCH, "cross-site", None, false),
        (Method::DELETE, "cross-site", None, false),
        (
            Method::from_bytes(b"LAUNCH").unwrap(),
            "cross-site",
            None,
            false,
        ),
        (Method::GET, "cross-site", Some(OTHER), true),
        (Method::HEAD, "cross-site", Some(OTHER), true),
        (Method::OPTIONS, "cross-site", Some(OTHER), true),
    ] {
        let mut headers = vec![(SITE, site)];
        headers.extend(origin.map(|origin| (ORIGIN, origin)));
        let head = request(method.clone(), &headers);
        assert_eq!(passes(&head), expected, "{method} {site} {origin:?}");
    }
}

#[test]
fn the_origin_decides_where_sec_fetch_site_is_missing() {
    for (origin, expected) in [
        (None, true),
        (Some(OWN), true),
        // Behind a proxy that terminates TLS, the scheme is not known.
        (Some("http://example.com"), true),
        (Some(TRUSTED), true),
        (Some(OTHER), false),
        (Some("https://example.com:8443"), false),
        (Some("https://example.com.attacker.example"), false),
        (Some("https://sub.example.com"), false),
        (Some("https://trusted.example:8443"), false),
        (Some("http://trusted.example"), false),
        (Some("null"), false),
        (Some("example.com"), false),
        (Some("https://"), false),
        (Some(""), false),
    ] {
        let headers: Vec<_> = origin.map(|origin| (ORIGIN, origin)).into_iter().collect();
        let head = request(Method::POST, &headers);
        assert_eq!(passes(&head), expected, "{origin:?}");
    }
}

#[test]
fn a_header_that_no_browser_sends_is_refused() {
    for headers in [
        [(SITE, "same-origin"), (SITE, "cross-site")],
        [(SITE, "cross-site"), (SITE, "same-origin")],
        [(ORIGIN, OWN), (ORIGIN, OTHER)],
        [(ORIGIN, OTHER), (ORIGIN, OWN)],
    ] {
        assert!(!passes(&request(Method::POST, &headers)), "{headers:?}");
    }
}

#[test]
fn an_origin_with_another_port_is_another_origin() {
    let mut head = request(Method::POST, &[(ORIGIN, "http://localhost:8000")]);
    assert!(!passes(&head));
    head.headers
        .insert(HOST, HeaderValue::from_static("localhost:8000"));
    assert!(passes(&head));
}

#[test]
fn an_origin_matches_its_host_without_regard_to_case_and_default_port() {
    for (host, origin, expected) in [
        ("shop.example:443", "https://shop.example", true),
        ("shop.example:80", "http://shop.example", true),
        ("Shop.Example", "https://shop.example", true),
        ("SHOP.EXAMPLE:443", "https://shop.example", true),
        ("shop.example:80", "https://shop.example", false),
        ("shop.example:443", "http://shop.example", false),
        ("shop.example:8443", "https://shop.example", false),
        ("[::1]:443", "https://[::1]", true),
        (":443", "https://", false),
    ] {
        let mut head = request(Method::POST, &[(ORIGIN, origin)]);
        let value = HeaderValue::from_static(host);
        head.headers.insert(HOST, value);
        assert_eq!(passes(&head), expected, "{host} {origin}");
    }
}

#[test]
fn a_host_that_a_client_claims_behind_a_proxy_is_not_read() {
    let mut head = request(
        Method::POST,
        &[(ORIGIN, OWN), ("x-forwarded-host", "example.com")],
    );
    let value = HeaderValue::from_static("backend.internal");
    head.headers.insert(HOST, value);
    assert!(!passes(&head));
}

#[test]
fn a_request_over_http_2_has_its_host_in_the_target() {
    let mut head = request(Method::POST, &[(ORIGIN, OWN)]);
    head.headers.remove(HOST);
    assert!(!passes(&head));
    head.target = Uri::from_static("https://example.com/transfer");
    assert!(passes(&head));
    head.target = Uri::from_static("https://other.example/transfer");
    assert!(!passes(&head));
}

#[test]
fn an_empty_host_is_nobodys_origin() {
    let mut head = request(Method::POST, &[(ORIGIN, "https://")]);
    head.headers.insert(HOST, HeaderValue::from_static(""));
    assert!(!passes(&head));
}
