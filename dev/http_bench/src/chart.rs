//! Charts of bars as SVG, for light and dark pages.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 230.0;
const BAR: f64 = 13.0;
const STEP: f64 = 16.0;
const GAP: f64 = 10.0;
const TOP: f64 = 70.0;
const HEADING: f64 = 34.0;
/// The widest bar, which leaves room for its number.
const BARS: f64 = WIDTH - LEFT - 110.0;

/// The number of colours.
const COLOURS: usize = 6;

/// The colours of a theme: background, text, and bars.
struct Theme {
    background: &'static str,
    text: &'static str,
    bars: [&'static str; COLOURS],
}

const LIGHT: Theme = Theme {
    background: "#ffffff",
    text: "#1f2328",
    bars: [
        "#0b57d0", "#c2570c", "#1a7f37", "#8250df", "#6e7781", "#0e7490",
    ],
};

const DARK: Theme = Theme {
    background: "#0d1117",
    text: "#e6edf3",
    bars: [
        "#6cb6ff", "#f0883e", "#57ab5a", "#b083f0", "#909dab", "#39c5cf",
    ],
};

/// The bars of one store.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) name: &'static str,
    pub(crate) bars: Vec<Bar>,
}

/// A bar. Those with the same group beside each other share its name.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) group: &'static str,
    pub(crate) label: String,
    /// The number of its colour.
    pub(crate) colour: usize,
    pub(crate) length: f64,
    /// The text beside it.
    pub(crate) text: String,
}

/// Returns a chart with a title.
pub(crate) fn chart(title: &str, panels: &[Panel]) -> String {
    let mut body = String::new();
    let mut y = TOP;
    for panel in panels {
        y = add(&mut body, panel, y);
    }
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
    let (background, text) = (theme.background, theme.text);
    let mut style = format!(".page {{ fill: {background}; }}\ntext {{ fill: {text}; }}\n");
    for (n, colour) in theme.bars.iter().enumerate() {
        style += &format!(".c{n} {{ fill: {colour}; }}\n");
    }
    style
}

/// Adds a panel at a height. Returns the height of its end.
fn add(body: &mut String, panel: &Panel, top: f64) -> f64 {
    let lengths = panel.bars.iter().map(|bar| bar.length);
    let longest = lengths.fold(f64::MIN_POSITIVE, f64::max);
    let mut y = top + HEADING;
    let (name, heading) = (panel.name, y - 14.0);
    push(
        body,
        &format!("<text class=\"heading\" x=\"16\" y=\"{heading}\">{name}</text>"),
    );
    for bars in panel.bars.chunk_by(|a, b| a.group == b.group) {
        let group = bars[0].group;
        push(
            body,
            &format!("<text x=\"16\" y=\"{}\">{group}</text>", y + 11.0),
        );
        for bar in bars {
            draw(body, bar, y, longest);
            y += STEP;
        }
        y += GAP;
    }
    y
}

fn draw(body: &mut String, bar: &Bar, y: f64, longest: f64) {
    let width = (bar.length.max(0.0) / longest * BARS).max(1.0);
    let Bar {
        label,
        colour,
        text,
        ..
    } = bar;
    let (right, baseline, end) = (LEFT - 8.0, y + 11.0, LEFT + width + 6.0);
    push(
        body,
        &format!(
            "<text x=\"{right}\" y=\"{baseline}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"c{}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
             <text x=\"{end:.1}\" y=\"{baseline}\">{text}</text>",
            colour % COLOURS
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
            for colour in theme.bars {
                let contrast = contrast(colour, theme.background);
                assert!(contrast >= 4.5, "{colour}: {contrast}");
            }
        }
    }

    #[test]
    fn the_longest_bar_of_a_panel_fills_its_width() {
        let bar = |length: f64| Bar {
            group: "/read",
            label: "library".to_owned(),
            colour: 0,
            length,
            text: length.to_string(),
        };
        let bars = vec![bar(4.0), bar(2.0)];
        let chart = chart(
            "Title",
            &[Panel {
                name: "redis",
                bars,
            }],
        );
        assert_eq!(chart.matches("<rect").count(), 1 + 2);
        assert_eq!(chart.matches(">/read</text>").count(), 1);
        assert!(chart.contains(&format!("width=\"{BARS:.1}\"")));
        assert!(chart.contains(&format!("width=\"{:.1}\"", BARS / 2.0)));
    }
}
