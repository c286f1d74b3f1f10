use std::fmt;

/// One of two requests of one browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    A,
    B,
}

impl Request {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// A step of a request; each request has these three, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The request arrives with the cookie of the browser, and the session is loaded.
    Load,
    /// The handler performs its action on the session.
    Change,
    /// The session is committed, and the browser receives the response.
    Commit,
}

/// An order of the steps of two requests, as the sequence of the requests that take a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order([Request; 6]);

impl Order {
    /// Returns all twenty orders.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // Each number of six bits of which three are set is an order.
        let with_three_bits = (0_u8..64).filter(|bits| bits.count_ones() == 3);
        with_three_bits.map(|bits| {
            Self(std::array::from_fn(|i| match bits >> i & 1 {
                0 => Request::A,
                _ => Request::B,
            }))
        })
    }

    /// Returns the steps, each with its request.
    pub(crate) fn steps(self) -> impl Iterator<Item = (Request, Step)> {
        (0..6).map(move |i| {
            let request = self.0[i];
            let earlier = self.0[..i].iter().filter(|other| **other == request);
            let step = match earlier.count() {
                0 => Step::Load,
                1 => Step::Change,
                _ => Step::Commit,
            };
            (request, step)
        })
    }

    /// Returns the request that commits first.
    pub(crate) fn first(self) -> Request {
        self.0[5].other()
    }

    /// Returns the two values in the order A, B: `first` for the request that commits first.
    pub(crate) fn arrange<T>(self, first: T, second: T) -> [T; 2] {
        match self.first() {
            Request::A => [first, second],
            Request::B => [second, first],
        }
    }

    /// Returns `true` if the request that commits second loads before the other one commits.
    pub(crate) fn overlap(self) -> bool {
        let at = |wanted| self.steps().position(|step| step == wanted);
        let first = self.first();
        at((first.other(), Step::Load)) < at((first, Step::Commit))
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self
            .steps()
            .map(|(request, step)| format!("{request:?} {step:?}"));
        f.write_str(&steps.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_orders_are_twenty_and_distinct() {
        let orders: Vec<_> = Order::all().collect();
        assert_eq!(orders.len(), 20);
        for (n, order) in orders.iter().enumerate() {
            assert!(!orders[..n].contains(order), "{order:?} twice");
        }
    }

    #[test]
    fn requests_overlap_in_all_orders_but_two() {
        let one_after_the_other = Order::all().filter(|order| !order.overlap());
        let shown: Vec<_> = one_after_the_other
            .map(|order| format!("{order:?}"))
            .collect();
        assert_eq!(
            shown,
            [
                "B Load, B Change, B Commit, A Load, A Change, A Commit",
                "A Load, A Change, A Commit, B Load, B Change, B Commit",
            ]
        );
    }

    #[test]
    fn the_request_with_the_last_step_commits_second() {
        for order in Order::all() {
            let commits = order.steps().filter(|(_, step)| *step == Step::Commit);
            let commits: Vec<_> = commits.map(|(request, _)| request).collect();
            assert_eq!(commits, [order.first(), order.first().other()]);
        }
    }
}
