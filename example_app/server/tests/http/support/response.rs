use cookie::Cookie;

/// The response to a visitor.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// Returns the values of all headers with that name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the target of the redirect.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.headers("location")[0]
    }

    /// Returns all cookies, parsed by an independent implementation.
    pub(crate) fn cookies(&self) -> Vec<Cookie<'_>> {
        let values = self.headers("set-cookie").into_iter();
        values.map(|value| Cookie::parse(value).unwrap()).collect()
    }

    /// Returns the only cookie as `name=value`, ready to be sent back.
    #[track_caller]
    pub(crate) fn cookie_pair(&self) -> String {
        let cookies = self.cookies();
        let [cookie] = cookies.as_slice() else {
            panic!("{} cookies instead of one: {self:?}", cookies.len());
        };
        cookie.stripped().to_string()
    }

    /// Returns the number of visits on the home page, which is 0 for a stranger.
    #[track_caller]
    pub(crate) fn visits(&self) -> u64 {
        assert_eq!(self.status, 200, "{self:?}");
        let visits = self.between("id=\"visits\">", "<");
        visits.map_or(0, |visits| visits.parse().unwrap())
    }

    /// Returns the number of items in the cart, as the navigation shows it.
    pub(crate) fn cart_count(&self) -> u32 {
        let badge = self.between("class=\"badge\">", "<");
        badge.map_or(0, |count| count.parse().unwrap())
    }

    /// Returns `true` if the navigation is the one for members.
    pub(crate) fn is_for_member(&self) -> bool {
        self.body.contains("href=\"/account\"")
    }

    /// Returns the ids of the sessions that the page can end.
    pub(crate) fn other_sessions(&self) -> Vec<String> {
        let parts = self.body.split("name=\"session\" value=\"").skip(1);
        let ids = parts.filter_map(|part| part.split('"').next());
        ids.map(str::to_owned).collect()
    }

    /// Returns the text of the first message on the page.
    pub(crate) fn flash(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("class=\"flash ")?;
        rest.split(['>', '<']).nth(1)
    }

    fn between(&self, start: &str, end: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(start)?;
        rest.split_once(end).map(|(inner, _)| inner)
    }
}
