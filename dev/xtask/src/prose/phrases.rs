//! Turns of phrase that are not written here.

use super::finding::Finding;

/// Words in a row, and the words beside them that make them good English.
struct Phrase {
    words: &'static [&'static str],
    /// Words before them, of which one makes the phrase acceptable.
    unless_after: &'static [&'static str],
    /// Words that follow them, of which one makes the phrase acceptable.
    unless_before: &'static [&'static str],
    instead: &'static str,
}

const fn no(words: &'static [&'static str]) -> Phrase {
    Phrase {
        words,
        unless_after: &["there"],
        unless_before: &["longer", "more", "less", "fewer", "later", "earlier", "one"],
        instead: "is not a …",
    }
}

const fn none(words: &'static [&'static str]) -> Phrase {
    Phrase {
        unless_before: &["of"],
        ..no(words)
    }
}

const fn so(words: &'static [&'static str], instead: &'static str) -> Phrase {
    Phrase {
        words,
        unless_after: &[],
        unless_before: &["as", "that"],
        instead,
    }
}

const fn who(words: &'static [&'static str]) -> Phrase {
    Phrase {
        words,
        unless_after: &[],
        unless_before: &[],
        instead: "anyone who …",
    }
}

const PHRASES: [Phrase; 14] = [
    no(&["is", "no"]),
    no(&["are", "no"]),
    no(&["was", "no"]),
    no(&["were", "no"]),
    none(&["is", "none"]),
    none(&["are", "none"]),
    so(&["so", "many"], "the number of …"),
    so(&["so", "long"], "for …"),
    who(&["for", "who"]),
    who(&["of", "who"]),
    who(&["to", "who"]),
    who(&["by", "who"]),
    who(&["from", "who"]),
    who(&["with", "who"]),
];

/// Checks the whole text of a file: comments, documentation and messages.
pub(super) fn check(text: &str) -> Vec<Finding> {
    let words = words(text);
    let mut findings: Vec<_> = PHRASES
        .iter()
        .flat_map(|phrase| phrase.find(&words))
        .collect();
    findings.sort_by_key(|it| it.line);
    findings
}

/// A word as it was written, and its line.
type Word<'a> = (usize, &'a str);

/// The words, without the marks of comments, so that a phrase is found across lines as well.
fn words(text: &str) -> Vec<Word<'_>> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| line.split_whitespace().map(move |word| (index + 1, word)))
        .filter(|(_, word)| !["///", "//!", "//", "\\"].contains(word))
        .collect()
}

impl Phrase {
    fn find(&self, words: &[Word<'_>]) -> Vec<Finding> {
        let length = self.words.len();
        let places = 0..words.len().saturating_sub(length - 1);
        places
            .filter(|place| self.is_at(*place, words))
            .map(|place| {
                let phrase = self.words.join(" ");
                let rule = format!(
                    "not `{phrase} …` but `{}`, or another sentence",
                    self.instead
                );
                Finding::new(words[place].0, rule)
            })
            .collect()
    }

    fn is_at(&self, place: usize, words: &[Word<'_>]) -> bool {
        let end = place + self.words.len();
        let found = words[place..end].iter().map(|(_, word)| *word);
        let before = place.checked_sub(1).map_or("", |it| words[it].1);
        let after = words.get(end).map_or("", |it| it.1);
        self.is_written_as(&found.collect::<Vec<_>>())
            && !is_one_of(before, self.unless_after)
            && !is_one_of(after, self.unless_before)
    }

    /// Punctuation may come before the first word and after the last one.
    fn is_written_as(&self, words: &[&str]) -> bool {
        let last = words.len() - 1;
        let words = words.iter().enumerate().map(|(index, word)| match index {
            0 => word.trim_start_matches(is_punctuation),
            index if index == last => word.trim_end_matches(is_punctuation),
            _ => word,
        });
        words.eq(self.words.iter().copied())
    }
}

fn is_one_of(text: &str, list: &[&str]) -> bool {
    let text = text.to_lowercase();
    text.split(is_punctuation).any(|word| list.contains(&word))
}

fn is_punctuation(character: char) -> bool {
    !character.is_alphanumeric() && character != '_' && character != '`'
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: [usize; 0] = [];

    fn lines(text: &str) -> Vec<usize> {
        check(text).iter().map(|it| it.line).collect()
    }

    /// The plus stands for a space, so that this file passes the check itself.
    #[test]
    fn phrases_that_sound_translated_are_found() {
        for text in [
            "A failing extension is+no error.",
            "/// These are+no secrets",
            "\"the path is+none\"",
            "so+many sessions",
            "tries so+long",
            "readable for+who has the secret",
            "for those (of+who may)",
        ] {
            assert_eq!(lines(&text.replace('+', " ")), [1], "{text}");
        }
        assert_eq!(lines("It was none, and"), NOTHING);
    }

    #[test]
    fn a_phrase_is_found_where_a_line_breaks() {
        assert_eq!(lines("/// This is\n/// no error.\n"), [1]);
        assert_eq!(lines("\"this is \\\n no error\""), [1]);
    }

    #[test]
    fn good_english_with_the_same_words_is_accepted() {
        for text in [
            "There is no store.",
            "format!(\"there is no store\")",
            "It is no longer valid.",
            "if there are none, nothing",
            "The value is `None`.",
            "map.is_none()",
            "so many that the store is full",
            "so long as the lock is held",
            "anyone who has the secret",
            "That is it. No store is needed.",
            "asks for whoever comes",
        ] {
            assert_eq!(lines(text), NOTHING, "{text}");
        }
    }
}
