use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::contrast::contrast;
use super::pipe::Pipe;
use super::screen::Screen;

/// A visitor with their own device: a Chromium with one tab.
///
/// It is controlled by keyboard and mouse. Only [`run`](Self::run) runs scripts in the pages.
#[derive(Debug)]
pub(super) struct Tab {
    pipe: Pipe,
    shop: String,
    screen: Screen,
}

impl Tab {
    pub(super) async fn open(shop: SocketAddr, screen: Screen) -> Self {
        Self::open_with(&[], shop, screen).await
    }

    /// Opens a Chromium that starts with these arguments.
    pub(super) async fn open_with(arguments: &[&str], shop: SocketAddr, screen: Screen) -> Self {
        let pipe = Pipe::open(arguments).await;
        Self::new(pipe, format!("http://{shop}"), screen).await
    }

    async fn new(pipe: Pipe, shop: String, screen: Screen) -> Self {
        let mut tab = Self { pipe, shop, screen };
        for domain in ["Page", "DOM", "CSS", "Network", "Log", "Runtime", "Audits"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab.call("Emulation.setDeviceMetricsOverride", screen.metrics())
            .await;
        let pretend = json!({ "userAgent": screen.user_agent() });
        tab.call("Emulation.setUserAgentOverride", pretend).await;
        tab
    }

    /// Closes the browser, and opens it again with the same profile.
    pub(super) async fn restart(mut self) -> Self {
        assert_eq!(self.complaints(), [] as [String; 0]);
        Self::new(self.pipe.restart().await, self.shop, self.screen).await
    }

    pub(super) async fn close_without_complaints(mut self) {
        assert_eq!(self.complaints(), [] as [String; 0]);
        self.pipe.close().await;
    }

    pub(super) async fn close_ignoring_complaints(self) {
        self.pipe.close().await;
    }

    pub(super) async fn turn_scripts_off(&mut self) {
        let off = json!({ "value": true });
        self.call("Emulation.setScriptExecutionDisabled", off).await;
    }

    pub(super) async fn prefer(&mut self, colour_scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": colour_scheme });
        let media = json!({ "features": [feature] });
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// Opens a page of the shop.
    pub(super) async fn go_to(&mut self, path: &str) {
        self.visit(&format!("{}{path}", self.shop)).await;
    }

    /// Opens any page.
    pub(super) async fn visit(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url })).await;
        self.pipe.event("Page.loadEventFired").await;
    }

    /// Goes back to the page before. Returns `true` if it is restored from the back/forward cache.
    pub(super) async fn go_back(&mut self) -> bool {
        let history = self.call("Page.getNavigationHistory", json!({})).await;
        let before = history["currentIndex"].as_u64().unwrap() - 1;
        let before = &history["entries"][usize::try_from(before).unwrap()]["id"];
        let entry = json!({ "entryId": before });
        self.call("Page.navigateToHistoryEntry", entry).await;
        let is_restored = |event: &Value| event["params"]["type"] == "BackForwardCacheRestore";
        let is_shown =
            |event: &Value| event["method"] == "Page.loadEventFired" || is_restored(event);
        let shown = self.pipe.event_that("the page before", is_shown).await;
        is_restored(&shown)
    }

    /// Clicks on the first element that matches, and waits for the next page.
    pub(super) async fn follow(&mut self, selector: &str) {
        self.click(selector).await;
        self.pipe.event("Page.loadEventFired").await;
    }

    /// Clicks on the first element that matches.
    pub(super) async fn click(&mut self, selector: &str) {
        let node = self.node(selector).await;
        self.call("DOM.scrollIntoViewIfNeeded", node.clone()).await;
        let quads = self.call("DOM.getContentQuads", node).await;
        let corner = |n: usize| quads["quads"][0][n].as_f64().unwrap();
        let (x, y) = ((corner(0) + corner(4)) / 2.0, (corner(1) + corner(5)) / 2.0);
        for kind in ["mousePressed", "mouseReleased"] {
            let click = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", click).await;
        }
    }

    /// Replaces the text of fields, each of which is the first one of that name.
    pub(super) async fn fill_in(&mut self, fields: &[(&str, &str)]) {
        for (name, text) in fields {
            let node = self.node(&format!("main [name={name}]")).await;
            self.call("DOM.focus", node).await;
            let select_all = json!({ "type": "keyDown", "commands": ["selectAll"] });
            self.call("Input.dispatchKeyEvent", select_all).await;
            let text = json!({ "text": text });
            self.call("Input.insertText", text).await;
        }
    }

    /// Runs a script in the page.
    pub(super) async fn run(&mut self, script: &str) {
        let script = json!({ "expression": script });
        self.call("Runtime.evaluate", script).await;
    }

    /// Returns the path and the query of the page.
    pub(super) async fn path(&mut self) -> String {
        let history = self.call("Page.getNavigationHistory", json!({})).await;
        let index = history["currentIndex"].as_u64().unwrap();
        let url = &history["entries"][usize::try_from(index).unwrap()]["url"];
        let path = url.as_str().unwrap().strip_prefix(&self.shop);
        path.unwrap_or_else(|| panic!("{url} is not in the shop"))
            .to_owned()
    }

    /// Returns `true` if the page has that text.
    pub(super) async fn shows(&mut self, text: &str) -> bool {
        let body = self.node("body").await;
        self.html(body).await.contains(text)
    }

    /// Waits until an element matches.
    pub(super) async fn await_node(&mut self, selector: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.nodes(selector).await.is_empty() {
            assert!(Instant::now() < deadline, "no `{selector}` appeared");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Returns all cookies of the profile, as the browser parsed them.
    pub(super) async fn cookies(&mut self) -> Vec<Value> {
        let cookies = self.call("Network.getAllCookies", json!({})).await;
        cookies["cookies"].as_array().unwrap().clone()
    }

    /// Returns the errors and the violations of the security policy since the last call. The error
    /// status of a page itself is not among them.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        let events = self.pipe.take_events();
        let pages: Vec<_> = events.iter().filter_map(page_url).collect();
        let complaints = events.iter().filter(|event| {
            let entry = &event["params"]["entry"];
            match event["method"].as_str().unwrap_or_default() {
                "Log.entryAdded" => {
                    let harmless = entry["level"] == "verbose" || entry["level"] == "info";
                    let of_page = entry["source"] == "network" && pages.contains(&&entry["url"]);
                    !harmless && !of_page
                }
                "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => true,
                "Audits.issueAdded" => true,
                _ => false,
            }
        });
        complaints.map(Value::to_string).collect()
    }

    /// Returns the width of the page beyond the width of the screen.
    pub(super) async fn overflow(&mut self) -> f64 {
        let metrics = self.call("Page.getLayoutMetrics", json!({})).await;
        let width = metrics["cssContentSize"]["width"].as_f64().unwrap();
        width - f64::from(self.screen.width())
    }

    /// Returns the heights of all elements that match, with their HTML.
    pub(super) async fn heights(&mut self, selector: &str) -> Vec<(String, f64)> {
        let mut heights = Vec::new();
        for node in self.nodes(selector).await {
            let model = self.call("DOM.getBoxModel", node.clone()).await;
            let height = model["model"]["height"].as_f64().unwrap();
            heights.push((self.html(node).await, height));
        }
        heights
    }

    /// Returns the contrasts of all elements that match, with their HTML.
    pub(super) async fn contrasts(&mut self, selector: &str) -> Vec<(String, f64)> {
        let mut contrasts = Vec::new();
        for node in self.nodes(selector).await {
            let behind = self.call("CSS.getBackgroundColors", node.clone()).await;
            // An element without text has no background colour.
            let Some(background) = behind["backgroundColors"][0].as_str() else {
                continue;
            };
            let style = self.call("CSS.getComputedStyleForNode", node.clone()).await;
            let mut properties = style["computedStyle"].as_array().unwrap().iter();
            let colour = properties.find(|property| property["name"] == "color");
            let colour = colour.unwrap()["value"].as_str().unwrap();
            contrasts.push((self.html(node).await, contrast(colour, background)));
        }
        contrasts
    }

    /// Returns the number of first-level headings.
    pub(super) async fn headings(&mut self) -> usize {
        self.nodes("h1").await.len()
    }

    /// Returns role and name of each control, as a screen reader reads them.
    pub(super) async fn controls(&mut self) -> Vec<(String, String)> {
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().unwrap().iter();
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let controls = nodes.map(|node| (text(&node["role"]), text(&node["name"])));
        let roles = ["button", "checkbox", "link", "textbox", "spinbutton"];
        controls
            .filter(|(role, _)| roles.contains(&role.as_str()))
            .collect()
    }

    /// Saves a screenshot of the whole page.
    pub(super) async fn take_screenshot(&mut self, folder: &Path, name: &str) {
        let metrics = self.call("Page.getLayoutMetrics", json!({})).await;
        let mut clip = metrics["cssContentSize"].clone();
        clip["scale"] = json!(1);
        let how = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", how).await;
        let png = BASE64_STANDARD.decode(picture["data"].as_str().unwrap());
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), png.unwrap()).unwrap();
    }

    async fn root(&mut self) -> Value {
        let document = self.call("DOM.getDocument", json!({ "depth": 0 })).await;
        document["root"]["nodeId"].clone()
    }

    async fn node(&mut self, selector: &str) -> Value {
        let root = self.root().await;
        let query = json!({ "nodeId": root, "selector": selector });
        let found = self.call("DOM.querySelector", query).await;
        assert_ne!(found["nodeId"], 0, "there is no {selector}");
        json!({ "nodeId": found["nodeId"] })
    }

    async fn nodes(&mut self, selector: &str) -> Vec<Value> {
        let root = self.root().await;
        let query = json!({ "nodeId": root, "selector": selector });
        let found = self.call("DOM.querySelectorAll", query).await;
        let ids = found["nodeIds"].as_array().unwrap().iter();
        ids.map(|id| json!({ "nodeId": id })).collect()
    }

    async fn html(&mut self, node: Value) -> String {
        let html = self.call("DOM.getOuterHTML", node).await;
        html["outerHTML"].as_str().unwrap().to_owned()
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.pipe.call(method, parameters).await
    }
}

/// Returns the URL of the page, if the event reports a navigation.
fn page_url(event: &Value) -> Option<&Value> {
    let frame = &event["params"]["frame"];
    (event["method"] == "Page.frameNavigated").then_some(&frame["url"])
}
