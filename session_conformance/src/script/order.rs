use std::fmt;

/// One of two requests of one browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    A,
    B,
}

impl Who {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What a request consists of, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It comes with the cookie that the browser has, and the session is loaded.
    Load,
    /// The handler does something with the session.
    Change,
    /// The session is committed, and the browser receives the response.
    Commit,
}

/// An order in which the steps of two requests may take place: who takes the next step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order([Who; 6]);

impl Order {
    /// All twenty.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // Each number of six bits, three of which are set, is an order.
        let with_three_bits = (0_u8..64).filter(|bits| bits.count_ones() == 3);
        with_three_bits.map(|bits| {
            Self(std::array::from_fn(|i| match bits >> i & 1 {
                0 => Who::A,
                _ => Who::B,
            }))
        })
    }

    /// Who takes which step.
    pub(crate) fn steps(self) -> impl Iterator<Item = (Who, Step)> {
        let taken = move |i: usize, who| self.0[..i].iter().filter(|w| **w == who).count();
        (0..6).map(move |i| {
            let who = self.0[i];
            let step = match taken(i, who) {
                0 => Step::Load,
                1 => Step::Change,
                _ => Step::Commit,
            };
            (who, step)
        })
    }

    /// Who commits first.
    pub(crate) fn first(self) -> Who {
        self.0[5].other()
    }

    /// Whether the second to commit had loaded before the first committed.
    pub(crate) fn overlap(self) -> bool {
        let at = |wanted| self.steps().position(|step| step == wanted);
        let first = self.first();
        at((first.other(), Step::Load)) < at((first, Step::Commit))
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps().map(|(who, step)| format!("{who:?} {step:?}"));
        f.write_str(&steps.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_orders() {
        let orders: Vec<_> = Order::all().collect();
        assert_eq!(orders.len(), 20);
        for (n, order) in orders.iter().enumerate() {
            assert!(!orders[..n].contains(order), "{order:?} twice");
        }
    }

    #[test]
    fn two_orders_do_not_overlap() {
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
    fn who_has_the_last_step_commits_second() {
        for order in Order::all() {
            let commits = order.steps().filter(|(_, step)| *step == Step::Commit);
            let commits: Vec<_> = commits.map(|(who, _)| who).collect();
            assert_eq!(commits, [order.first(), order.first().other()]);
        }
    }
}
