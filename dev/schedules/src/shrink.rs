//! A failing run, made as short as possible.

use std::fmt;

use crate::run::Violation;
use crate::script::{BrowserScript, Script};
use crate::source::Source;

/// A run that breaks a promise, as short as the search could make it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The script of the run.
    pub script: Script,
    /// The broken promise, and the events before it.
    pub violation: Violation,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}", self.script, self.violation)
    }
}

/// The number of orders in which a shorter script is tried before it counts as good.
const ORDERS: usize = 400;

/// Shortens the script, then the choices.
pub(crate) fn shrink(source: &mut Source, mut script: Script, mut choices: Vec<u8>) -> Failure {
    while let Some((shorter, failing)) = shorten(source, &script, &choices) {
        (script, choices) = (shorter, failing);
    }
    simplify(source, &script, &mut choices);
    match source.attempt(&script, &choices) {
        Err(violation) => Failure { script, violation },
        Ok(()) => panic!("{script:?} failed with {choices:?}, and passes now"),
    }
}

/// Returns a shorter script that fails, with choices for which it does.
fn shorten(source: &mut Source, script: &Script, choices: &[u8]) -> Option<(Script, Vec<u8>)> {
    shorter_scripts(script).into_iter().find_map(|shorter| {
        let failing = fail(source, &shorter, choices)?;
        Some((shorter, failing))
    })
}

fn fail(source: &mut Source, script: &Script, choices: &[u8]) -> Option<Vec<u8>> {
    let mut choices = choices.to_vec();
    for _ in 0..ORDERS {
        if source.attempt(script, &choices).is_err() {
            return Some(choices);
        }
        choices = source.choices();
    }
    None
}

/// Replaces each choice by the natural one, as long as the run fails.
fn simplify(source: &Source, script: &Script, choices: &mut Vec<u8>) {
    let fails = |choices: &[u8]| source.attempt(script, choices).is_err();
    let length =
        |failed: Result<(), Violation>| failed.err().map_or(usize::MAX, |it| it.story.len());
    for n in (0..choices.len()).rev() {
        let mut simpler = choices.clone();
        simpler.remove(n);
        let before = length(source.attempt(script, choices));
        if length(source.attempt(script, &simpler)) <= before {
            *choices = simpler;
            continue;
        }
        let mut simpler = choices.clone();
        simpler[n] = 0;
        if fails(&simpler) {
            *choices = simpler;
        }
    }
}

/// Returns all scripts with one thing less.
fn shorter_scripts(script: &Script) -> Vec<Script> {
    let mut shorter = Vec::new();
    for n in 0..script.browsers.len() {
        let mut without = script.clone();
        let browser = without.browsers.remove(n);
        shorter.push(without);
        for browser in shorter_browsers(&browser) {
            let mut with = script.clone();
            with.browsers[n] = browser;
            shorter.push(with);
        }
    }
    for less in [
        |script: &mut Script| script.revocations = script.revocations.saturating_sub(1),
        |script: &mut Script| script.faults = script.faults.saturating_sub(1),
        |script: &mut Script| script.clock_steps = script.clock_steps.saturating_sub(1),
        |script: &mut Script| script.renew_every = None,
    ] {
        let mut with = script.clone();
        less(&mut with);
        shorter.push(with);
    }
    shorter.retain(|it| it != script);
    shorter
}

fn shorter_browsers(browser: &BrowserScript) -> Vec<BrowserScript> {
    let mut shorter = Vec::new();
    for request in 0..browser.requests.len() {
        let mut without = browser.clone();
        let actions = without.requests.remove(request);
        shorter.push(without);
        for action in 0..actions.len() {
            let mut without = browser.clone();
            without.requests[request].remove(action);
            shorter.push(without);
        }
    }
    shorter
}
