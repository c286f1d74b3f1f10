//! Shorter runs that break the same promise.

use crate::rules::Rule;
use crate::run::Violation;
use crate::script::{BrowserScript, Script};
use crate::source::Source;

/// The number of orders in which a shorter script is tried before it counts as good.
const ORDERS: usize = 400;

/// Shortens the script, then the choices.
pub(crate) fn shrink(
    source: &mut Source,
    mut script: Script,
    mut choices: Vec<u8>,
    rule: Rule,
) -> (Script, Violation) {
    while let Some((shorter, failing)) = shorten(source, &script, &choices, rule) {
        (script, choices) = (shorter, failing);
    }
    simplify(source, &script, &mut choices, rule);
    match breaks(source, &script, &choices, rule) {
        Some(violation) => (script, violation),
        None => panic!("{script:?} failed with {choices:?}, and passes now"),
    }
}

/// Runs the script, and returns the violation if it is of that rule.
fn breaks(source: &Source, script: &Script, choices: &[u8], rule: Rule) -> Option<Violation> {
    let violation = source.attempt(script, choices).err();
    violation.filter(|violation| violation.rule == rule)
}

/// Returns a shorter script that fails, with choices for which it does.
fn shorten(
    source: &mut Source,
    script: &Script,
    choices: &[u8],
    rule: Rule,
) -> Option<(Script, Vec<u8>)> {
    shorter_scripts(script).into_iter().find_map(|shorter| {
        let failing = fail(source, &shorter, choices, rule)?;
        Some((shorter, failing))
    })
}

fn fail(source: &mut Source, script: &Script, choices: &[u8], rule: Rule) -> Option<Vec<u8>> {
    let mut choices = choices.to_vec();
    for _ in 0..ORDERS {
        if breaks(source, script, &choices, rule).is_some() {
            return Some(choices);
        }
        choices = source.draw.choices();
    }
    None
}

/// Replaces each choice by the natural one, as long as the run fails.
fn simplify(source: &Source, script: &Script, choices: &mut Vec<u8>, rule: Rule) {
    let length = |choices: &[u8]| {
        let violation = breaks(source, script, choices, rule);
        violation.map_or(usize::MAX, |it| it.story.len())
    };
    for n in (0..choices.len()).rev() {
        let mut simpler = choices.clone();
        simpler.remove(n);
        if length(&simpler) <= length(choices) {
            *choices = simpler;
            continue;
        }
        let mut simpler = choices.clone();
        simpler[n] = 0;
        if length(&simpler) < usize::MAX {
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
        |script: &mut Script| lessen(&mut script.events.revocations),
        |script: &mut Script| lessen(&mut script.events.purges),
        |script: &mut Script| lessen(&mut script.events.restarts),
        |script: &mut Script| lessen(&mut script.events.password_changes),
        |script: &mut Script| lessen(&mut script.events.damages),
        |script: &mut Script| lessen(&mut script.events.faults),
        |script: &mut Script| lessen(&mut script.events.clock_steps),
        |script: &mut Script| script.settings.renew_every = None,
        |script: &mut Script| script.settings.limit = None,
        |script: &mut Script| script.settings.refuses_at_limit = false,
        |script: &mut Script| script.settings.revokes_on_reuse = false,
    ] {
        let mut with = script.clone();
        less(&mut with);
        shorter.push(with);
    }
    shorter.retain(|it| it != script);
    shorter
}

fn lessen(events: &mut usize) {
    *events = events.saturating_sub(1);
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
