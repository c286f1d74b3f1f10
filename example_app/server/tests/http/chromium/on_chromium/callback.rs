//! The way back from an identity provider that sends a form, as the documentation of
//! `session::state` describes it.

use std::net::SocketAddr;
use std::time::Duration;

use pavex::Response;
use pavex::http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, LOCATION};
use pavex::http::{Method, StatusCode, Version};
use pavex::request::RequestHead;
use session::testing::TestApp;
use session::{StateKey, finalize_session};
use session_memory::InMemorySessionStore;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Screen, Site, Tab};

const OAUTH_STATE: StateKey<String> =
    StateKey::expiring("oauth_state", Duration::from_secs(10 * 60));

/// An application with the default cookie, and with the handlers of the documentation.
struct Application {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Application {
    async fn open() -> Self {
        let app = TestApp::new(InMemorySessionStore::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            server: tokio::spawn(async move {
                loop {
                    let (visitor, _) = listener.accept().await.unwrap();
                    // Errors are ignored: the browser may have closed the connection.
                    _ = serve(&app, visitor).await;
                }
            }),
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(app: &TestApp, visitor: TcpStream) -> std::io::Result<()> {
    let mut visitor = BufReader::new(visitor);
    let (head, form) = read(&mut visitor).await?;
    let (response, text) = answer(app, &head, &form).await;
    let mut answer = format!("HTTP/1.1 {}\r\nConnection: close\r\n", response.status());
    for (name, value) in response.headers() {
        answer += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    answer += &format!("Content-Length: {}\r\n\r\n{text}", text.len());
    visitor.write_all(answer.as_bytes()).await
}

/// Reads the head of a request, and its form.
async fn read(visitor: &mut BufReader<TcpStream>) -> std::io::Result<(RequestHead, String)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if visitor.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line);
    }
    let mut first = lines.first().map_or("", String::as_str).split(' ');
    let (method, target) = (first.next().unwrap_or("GET"), first.next().unwrap_or("/"));
    let headers = lines
        .iter()
        .filter_map(|line| line.trim_end().split_once(": "));
    let named = |wanted: &str| {
        let mut headers = headers.clone();
        let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value)
    };
    let length = named("content-length").map_or(0, |length| length.parse().unwrap());
    let mut form = vec![0; length];
    visitor.read_exact(&mut form).await?;
    let mut head = RequestHead {
        method: method.parse::<Method>().unwrap(),
        target: target.parse().unwrap(),
        version: Version::HTTP_11,
        headers: HeaderMap::new(),
    };
    for name in [COOKIE, HOST] {
        if let Some(value) = named(name.as_str()) {
            head.headers
                .insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    Ok((head, String::from_utf8(form).unwrap()))
}

/// Returns the response to a request, and its text.
async fn answer(app: &TestApp, head: &RequestHead, form: &str) -> (Response, String) {
    let page = |text: &str| {
        let html = HeaderValue::from_static("text/html");
        let text = format!("<!doctype html><title>Callback</title><main>{text}</main>");
        (Response::ok().insert_header(CONTENT_TYPE, html), text)
    };
    let mut session = app.session(head);
    let (response, text) = match (&head.method, head.target.path()) {
        (&Method::GET, "/start") => {
            session.insert(OAUTH_STATE, "random").await.unwrap();
            page("started")
        }
        (&Method::POST, "/callback") if head.headers.contains_key(COOKIE) => {
            page("the cookie came along with the form")
        }
        (&Method::POST, "/callback") => {
            let target = HeaderValue::try_from(format!("/callback?{form}")).unwrap();
            let see_other = Response::new(StatusCode::SEE_OTHER);
            (see_other.insert_header(LOCATION, target), String::new())
        }
        (&Method::GET, "/callback") => {
            let expected = session.take(OAUTH_STATE).await.unwrap();
            let query = head.target.query().unwrap_or_default();
            let is_sent = |expected: String| query.ends_with(&format!("&state={expected}"));
            match expected.is_some_and(is_sent) {
                true => page("the state is right"),
                false => page("the state is wrong"),
            }
        }
        _ => (Response::not_found(), String::new()),
    };
    let response = finalize_session(response, session, head).await.unwrap();
    (response, text)
}

/// Browsers take 127.0.0.1 and localhost for two sites.
#[tokio::test]
async fn the_cookie_stays_away_from_a_form_of_another_site_and_comes_along_after_the_redirect() {
    let application = Application::open().await;
    let provider = Site::open(format!(
        "<!doctype html><title>Provider</title><form method=post action=http://{}/callback>\
         <input type=hidden name=code value=4711><input type=hidden name=state value=random>\
         <button>Back</button></form>",
        application.address
    ));
    let provider = provider.await;
    let mut tab = Tab::open(application.address, Screen::Desktop).await;
    tab.go_to("/start").await;
    assert_eq!(tab.cookies().await.len(), 1);
    for answer in ["the state is right", "the state is wrong"] {
        let port = provider.address.port();
        tab.visit(&format!("http://localhost:{port}/")).await;
        tab.follow("button").await;
        assert_eq!(tab.path().await, "/callback?code=4711&state=random");
        assert!(tab.shows(answer).await, "a state counts once");
    }
    tab.close_ignoring_complaints().await;
}
