use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};

use super::response::Response;

/// The demo account of `dev.yml`.
pub(crate) const NAME: &str = "ada";
pub(crate) const PASSWORD: &str = "analytical engine";

/// Passwords that a member may choose.
pub(crate) const NEW_PASSWORD: &str = "punched cards of brass";
pub(crate) const OTHER_PASSWORD: &str = "nautical almanac for 1822";

/// A visitor with a cookie jar. It does not follow redirects.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    jar: Arc<Jar>,
    shop: Url,
}

impl Browser {
    pub(crate) fn new(shop: SocketAddr) -> Self {
        Self::with_user_agent(shop, "")
    }

    /// Returns a visitor whose browser sends that `User-Agent` header.
    pub(crate) fn with_user_agent(shop: SocketAddr, user_agent: &str) -> Self {
        Self::with_header(shop, "User-Agent", user_agent)
    }

    /// Returns a visitor at that address, as a proxy reports it.
    pub(crate) fn at_address(shop: SocketAddr, address: &str) -> Self {
        Self::with_header(shop, "X-Forwarded-For", address)
    }

    fn with_header(shop: SocketAddr, name: &'static str, value: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let header = (name.parse().unwrap(), value.parse().unwrap());
        let client = Client::builder()
            .cookie_provider(jar.clone())
            .default_headers(HeaderMap::from_iter([header]))
            .redirect(Policy::none());
        Self {
            client: client.build().unwrap(),
            jar,
            shop: format!("http://{shop}/").parse().unwrap(),
        }
    }

    /// Returns the visitor, with the same cookie jar, at another server: cookies ignore ports.
    pub(crate) fn at(&self, shop: SocketAddr) -> Self {
        Self {
            shop: format!("http://{shop}/").parse().unwrap(),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        send(self.client.get(self.shop.join(path).unwrap())).await
    }

    /// Loads a page that the visitor may never look at, as browsers do for the targets of links.
    pub(crate) async fn prefetch(&self, path: &str) -> Response {
        let request = self.client.get(self.shop.join(path).unwrap());
        send(request.header("Sec-Purpose", "prefetch")).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.post_with(path, form, &[]).await
    }

    /// Sends a form with headers, such as those that name its origin.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Response {
        let mut request = self.client.post(self.shop.join(path).unwrap());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.form(form)).await
    }

    /// Starts a session by the choice of a language.
    pub(crate) async fn start_session(&self) -> Response {
        self.post("/language", &[("language", "en")]).await
    }

    pub(crate) async fn add_to_cart(&self, product: &str, quantity: u32) -> Response {
        let quantity = quantity.to_string();
        let form = [("product", product), ("quantity", &quantity)];
        self.post("/cart", &form).await
    }

    pub(crate) async fn log_in(&self) -> Response {
        self.log_in_as(NAME, PASSWORD).await
    }

    pub(crate) async fn log_in_as(&self, name: &str, password: &str) -> Response {
        let form = [("name", name), ("password", password), ("next", "/account")];
        self.post("/login", &form).await
    }

    pub(crate) async fn sign_up(&self, name: &str, password: &str) -> Response {
        let form = [
            ("name", name),
            ("password", password),
            ("repetition", password),
            ("next", "/account"),
        ];
        self.post("/signup", &form).await
    }

    pub(crate) async fn change_password(&self, current: &str, password: &str) -> Response {
        let form = [
            ("current", current),
            ("password", password),
            ("repetition", password),
        ];
        self.post("/account/password", &form).await
    }

    pub(crate) async fn log_out(&self) -> Response {
        self.post("/logout", &[]).await
    }

    /// Returns the cookie in the jar as `name=value`, if there is one.
    pub(crate) fn cookie(&self) -> Option<String> {
        let header = self.jar.cookies(&self.shop)?;
        Some(header.to_str().unwrap().to_owned())
    }
}

async fn send(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = response.headers().iter();
    Response {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: response.text().await.unwrap(),
    }
}
