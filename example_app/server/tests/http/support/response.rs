use cookie::Cookie;

/// What a visitor got.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// The values of all headers with that name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Where the response leads.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.headers("location")[0]
    }

    /// All cookies, as another implementation than ours understands them.
    pub(crate) fn cookies(&self) -> Vec<Cookie<'_>> {
        let values = self.headers("set-cookie").into_iter();
        values.map(|value| Cookie::parse(value).unwrap()).collect()
    }

    /// The one cookie, ready to be sent back: `name=value`.
    #[track_caller]
    pub(crate) fn cookie_pair(&self) -> String {
        let cookies = self.cookies();
        let [cookie] = cookies.as_slice() else {
            panic!("not one cookie, but {}: {self:?}", cookies.len());
        };
        cookie.stripped().to_string()
    }

    /// The number of visits on the home page.
    #[track_caller]
    pub(crate) fn visits(&self) -> u64 {
        assert_eq!(self.status, 200, "{self:?}");
        self.between("id=\"visits\">", "<")
            .unwrap()
            .parse()
            .unwrap()
    }

    /// How many things the navigation says are in the cart.
    pub(crate) fn cart_count(&self) -> u32 {
        let badge = self.between("class=\"badge\">", "<");
        badge.map_or(0, |count| count.parse().unwrap())
    }

    /// Whether the navigation is the one for members.
    pub(crate) fn is_for_member(&self) -> bool {
        self.body.contains("href=\"/account\"")
    }

    /// The ids of the sessions that the page offers to end.
    pub(crate) fn other_sessions(&self) -> Vec<String> {
        let parts = self.body.split("name=\"session\" value=\"").skip(1);
        let ids = parts.filter_map(|part| part.split('"').next());
        ids.map(str::to_owned).collect()
    }

    /// What the page before left to say.
    pub(crate) fn flash(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("class=\"flash ")?;
        rest.split(['>', '<']).nth(1)
    }

    fn between(&self, start: &str, end: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(start)?;
        rest.split_once(end).map(|(inner, _)| inner)
    }
}
