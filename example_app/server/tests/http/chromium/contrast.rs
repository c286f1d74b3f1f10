/// Returns the contrast of a text and its background, from 1 to 21 (WCAG 2.2, “contrast ratio”).
/// Both are colours as browsers write them, such as `rgb(255, 253, 249)`.
pub(super) fn contrast(text: &str, background: &str) -> f64 {
    let (text, background) = (luminance(text), luminance(background));
    (text.max(background) + 0.05) / (text.min(background) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let numbers = colour.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers = numbers.filter_map(|number| number.parse::<f64>().ok());
    let weights = [0.2126, 0.7152, 0.0722];
    let linear = |value: f64| match value / 255.0 {
        value if value <= 0.04045 => value / 12.92,
        value => ((value + 0.055) / 1.055).powf(2.4),
    };
    let weighted = weights.map(|weight| weight * linear(numbers.next().unwrap()));
    weighted.iter().sum()
}

#[test]
fn the_contrast_of_black_and_white_is_the_highest() {
    let (black, white) = ("rgb(0, 0, 0)", "rgba(255, 255, 255, 1)");
    assert!((contrast(black, white) - 21.0).abs() < 0.001);
    assert!((contrast(white, black) - 21.0).abs() < 0.001);
    assert!((contrast("rgb(118, 118, 118)", white) - 4.54).abs() < 0.01);
}
