//! The chart: a panel for each store, with a group of bars for each route.

use std::fmt::Write;

use super::summary::COMPARED;
use crate::contestants::{Contestant, Library, Route, Store};
use crate::measurement::Measurement;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 190.0;
const BAR: f64 = 13.0;
const STEP: f64 = 16.0;
const GAP: f64 = 10.0;
const TOP: f64 = 70.0;
const HEADING: f64 = 34.0;
/// The widest bar, which leaves room for its number.
const BARS: f64 = WIDTH - LEFT - 70.0;

/// The colours of a theme: background, text, and the bar of each library.
struct Theme {
    background: &'static str,
    text: &'static str,
    bars: [(Library, &'static str); 5],
}

const LIGHT: Theme = Theme {
    background: "#ffffff",
    text: "#1f2328",
    bars: [
        (Library::SessionKit, "#0b57d0"),
        (Library::PavexSession, "#c2570c"),
        (Library::TowerSessions, "#1a7f37"),
        (Library::ActixSession, "#8250df"),
        (Library::ByHand, "#6e7781"),
    ],
};

const DARK: Theme = Theme {
    background: "#0d1117",
    text: "#e6edf3",
    bars: [
        (Library::SessionKit, "#6cb6ff"),
        (Library::PavexSession, "#f0883e"),
        (Library::TowerSessions, "#57ab5a"),
        (Library::ActixSession, "#b083f0"),
        (Library::ByHand, "#909dab"),
    ],
};

/// A bar with its label.
struct Bar {
    route: Route,
    library: Library,
    cost: f64,
}

/// Returns the chart as SVG, for a light and a dark page.
pub(crate) fn chart(measurement: &Measurement) -> String {
    let mut body = String::new();
    let mut y = TOP;
    for store in Store::ALL {
        y = panel(&mut body, store, &bars(measurement, store), y);
    }
    let title = "Processor time that the sessions add to a request, in microseconds";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>\n{}@media (prefers-color-scheme: dark) {{\n{}}}\n\
         text {{ font: 12px system-ui, sans-serif; }}\n.heading {{ font-weight: 600; font-size: \
         15px; }}\n</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{y}\"/>\n\
         <text class=\"heading\" x=\"16\" y=\"30\">{title}</text>\n\
         <text x=\"16\" y=\"50\">Shorter is better. Each store has a scale of its own.</text>\n\
         {body}</svg>\n",
        style(&LIGHT),
        style(&DARK),
    )
}

fn style(theme: &Theme) -> String {
    let mut style = format!(
        ".page {{ fill: {}; }}\ntext {{ fill: {}; }}\n",
        theme.background, theme.text
    );
    for (library, colour) in &theme.bars {
        style += &format!(".{} {{ fill: {colour}; }}\n", class(*library));
    }
    style
}

fn class(library: Library) -> String {
    library.name().replace(' ', "-")
}

fn bars(measurement: &Measurement, store: Store) -> Vec<Bar> {
    let of_store = Contestant::all().into_iter();
    let of_store: Vec<_> = of_store.filter(|it| it.store == store).collect();
    let routes = COMPARED.into_iter().chain([Route::Recent]);
    let bars = routes.flat_map(|route| of_store.iter().map(move |it| (route, *it)));
    bars.filter_map(|(route, contestant)| {
        Some(Bar {
            route,
            library: contestant.library,
            cost: measurement.cost(contestant, route)?,
        })
    })
    .collect()
}

/// Adds a panel at a height. Returns the height of its end.
fn panel(body: &mut String, store: Store, bars: &[Bar], top: f64) -> f64 {
    let longest = bars
        .iter()
        .map(|bar| bar.cost)
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut y = top + HEADING;
    let name = store.name();
    push(
        body,
        &format!(
            "<text class=\"heading\" x=\"16\" y=\"{}\">{name}</text>",
            y - 14.0
        ),
    );
    for group in bars.chunk_by(|a, b| a.route == b.route) {
        let path = group[0].route.path();
        push(
            body,
            &format!("<text x=\"16\" y=\"{}\">{path}</text>", y + 11.0),
        );
        for bar in group {
            draw(body, bar, y, longest);
            y += STEP;
        }
        y += GAP;
    }
    y
}

fn draw(body: &mut String, bar: &Bar, y: f64, longest: f64) {
    let width = (bar.cost.max(0.0) / longest * BARS).max(1.0);
    let (name, class) = (bar.library.name(), class(bar.library));
    let (label, baseline, end) = (LEFT - 8.0, y + 11.0, LEFT + width + 6.0);
    push(
        body,
        &format!(
            "<text x=\"{label}\" y=\"{baseline}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
             <text x=\"{end:.1}\" y=\"{baseline}\">{:.1}</text>",
            bar.cost
        ),
    );
}

fn push(body: &mut String, line: &str) {
    // Writing to a string never fails.
    _ = writeln!(body, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::measured::measured;

    /// The relative luminance, as the guidelines for accessible pages define it.
    fn luminance(colour: &str) -> f64 {
        let part = |n: usize| {
            let value = u8::from_str_radix(&colour[n..n + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            match value <= 0.04045 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn texts_and_bars_stand_out_from_the_background_of_both_themes() {
        for theme in [LIGHT, DARK] {
            assert!(contrast(theme.text, theme.background) >= 7.0);
            for (library, colour) in theme.bars {
                let contrast = contrast(colour, theme.background);
                assert!(contrast >= 4.5, "{library:?}: {contrast}");
            }
        }
    }

    #[test]
    fn the_chart_has_a_panel_for_each_store_and_a_bar_for_each_cost() {
        let chart = chart(&measured(&[
            (Store::Redis, Library::SessionKit, Route::Read, 4.0),
            (Store::Redis, Library::ByHand, Route::Read, 2.0),
        ]));
        for store in Store::ALL {
            assert!(chart.contains(&format!(">{}</text>", store.name())));
        }
        assert_eq!(chart.matches("<rect").count(), 1 + 2);
        assert!(chart.contains(&format!("width=\"{:.1}\"", BARS)));
        assert!(chart.contains(&format!("width=\"{:.1}\"", BARS / 2.0)));
    }
}
