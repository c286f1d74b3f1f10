//! The state is kept byte for byte; the store does not parse it.

use crate::record::{RecordBuilder, next};
use crate::store::StoreUnderTest;

const PROMISE: &str = "the state is kept byte for byte";

/// Checks the state that most sessions begin with.
pub async fn a_state_without_entries_is_kept(store: StoreUnderTest) {
    keeps(&store, ["{}"]).await;
}

/// Checks the largest state that the default policy allows.
pub async fn a_state_of_256_kibibytes_is_kept(store: StoreUnderTest) {
    keeps(&store, [state_of_size(256 * 1024)]).await;
}

/// Checks sizes at which column types, packets and compression change.
pub async fn states_of_all_sizes_are_kept(store: StoreUnderTest) {
    let limits = [
        255, 256, 2_048, 4_000, 8_192, 16_384, 32_767, 65_535, 65_536,
    ];
    let sizes = limits.iter().flat_map(|limit| limit - 1..=limit + 1);
    let states: Vec<_> = sizes.map(state_of_size).collect();
    keeps(&store, states).await;
}

/// Checks two thousand levels of nesting, which exceeds the limit of most parsers.
pub async fn deeply_nested_states_are_kept(store: StoreUnderTest) {
    let lists = format!(r#"{{"k":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let objects = format!("{}1{}", r#"{"k":"#.repeat(2_000), "}".repeat(2_000));
    keeps(&store, [lists, objects]).await;
}

/// Checks that each escape sequence of JSON is kept as written, including that of NUL.
pub async fn escape_sequences_are_kept(store: StoreUnderTest) {
    let states = [
        r#"{"nul":"\u0000"}"#,
        r#"{"\u0000":"in a key"}"#,
        r#"{"all":"\" \\ \/ \b \f \n \r \t"}"#,
        r#"{"control":"\u0001\u001f\u007f\u0080\u009f"}"#,
        r#"{"letters":"\u0041\u00e9\u00E9"}"#,
        r#"{"pair":"\ud83e\udd80"}"#,
        r#"{"lonely surrogates":"\ud83e \udd80"}"#,
    ];
    keeps(&store, states).await;
}

/// Checks characters of all Unicode planes, and code points that are not characters.
pub async fn characters_of_all_unicode_planes_are_kept(store: StoreUnderTest) {
    let states = [
        r#"{"emoji":"🦀👩‍👩‍👧‍👦🏳️‍🌈"}"#,
        r#"{"astral":"𝒳𐍈𠜎"}"#,
        "{\"unnamed\":\"\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}\u{e000}\"}",
        "{\"separators\":\"\u{2028}\u{2029}\u{85}\u{a0}\"}",
        "{\"marks\":\"\u{feff}\u{200b}\u{202e}\"}",
        "{\"delete\":\"\u{7f}\"}",
    ];
    keeps(&store, states).await;
}

/// Checks that two spellings of the same letter stay different texts.
pub async fn unicode_is_not_normalised(store: StoreUnderTest) {
    let states = [
        "{\"é\":\"é\"}",
        "{\"e\u{301}\":\"e\u{301}\"}",
        "{\"é\":1,\"e\u{301}\":2}",
        "{\"ﬁ\":\"Å \u{212b} A\u{30a}\"}",
    ];
    keeps(&store, states).await;
}

/// Checks that whitespace between tokens is kept.
pub async fn whitespace_in_a_state_is_kept(store: StoreUnderTest) {
    let states = [
        "{ }",
        " {\"a\" : 1 ,\n\t\"b\":[ ]\r\n} ",
        "{\"a\":\"  two  spaces  \"}",
        "{\"a\":1}\n",
    ];
    keeps(&store, states).await;
}

/// Checks that keys keep their order, and that duplicate keys are kept.
pub async fn keys_of_a_state_keep_their_order(store: StoreUnderTest) {
    let states = [
        r#"{"z":1,"a":2,"m":3,"":4," ":5}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"A":2,"\u0061":3}"#,
        r#"{"bb":1,"a":2}"#,
    ];
    keeps(&store, states).await;
}

/// Checks that numbers are kept as text, whatever their value.
pub async fn numbers_are_kept_as_written(store: StoreUnderTest) {
    let states = [
        r#"{"n":[1,1.0,1.00,1e0,1E+0,10e-1]}"#,
        r#"{"n":[0,-0,0.0,-0.0]}"#,
        r#"{"n":[9007199254740993,18446744073709551616,-9223372036854775809]}"#,
        r#"{"n":[0.1000000000000000055511151231257827,1e400,1e-400]}"#,
    ];
    keeps(&store, states).await;
}

/// Checks that a store interprets nothing in a state as a query.
pub async fn code_in_a_state_is_not_interpreted(store: StoreUnderTest) {
    let states = [
        r#"{"sql":"'; DROP TABLE sessions; --"}"#,
        r#"{"quotes":"' '' \" ` ´ ’"}"#,
        r#"{"backslashes":"\\ \\\\ \\' \\n"}"#,
        r#"{"placeholders":"$1 ? :name @p1 %s %% {0} ${x} #{y}"}"#,
        r#"{"wildcards":"% _ * ? [a-z]"}"#,
        r#"{"redis":"\r\n*1\r\n$8\r\nFLUSHALL\r\n"}"#,
        r#"{"html":"<script>alert(1)</script>&amp;"}"#,
    ];
    keeps(&store, states).await;
}

/// Checks that a short state that replaces a long one has no remainder of it.
pub async fn a_state_that_grows_and_shrinks_is_kept(store: StoreUnderTest) {
    let mut record = store.given(RecordBuilder::new(1)).await;
    for size in [100_000, 10, 70_000, 2, 300, 299, 300] {
        let newer = next(&record, &state_of_size(size));
        _ = store.replace(&newer, record.revision).await;
        store.holds(PROMISE, &newer).await;
        record = newer;
    }
}

/// Requires that each state is returned as created, and as replaced.
async fn keeps<S: AsRef<str>>(store: &StoreUnderTest, states: impl IntoIterator<Item = S>) {
    for (n, state) in states.into_iter().enumerate() {
        let record = RecordBuilder::new(2 * n as u64).state(state.as_ref());
        let created = store.given(record).await;
        store.holds(PROMISE, &created).await;

        let other = store.given(RecordBuilder::new(2 * n as u64 + 1)).await;
        let replaced = next(&other, state.as_ref());
        _ = store.replace(&replaced, other.revision).await;
        store.holds(PROMISE, &replaced).await;
    }
}

/// Returns a JSON object of exactly `size` bytes, or `{}` if that is too short for an entry.
fn state_of_size(size: usize) -> String {
    match size.checked_sub(r#"{"k":""}"#.len()) {
        // Different letters, because a store might compress a repeated one.
        Some(rest) => {
            let text: String = (0..rest).map(letter).collect();
            format!(r#"{{"k":"{text}"}}"#)
        }
        None => "{}".into(),
    }
}

fn letter(n: usize) -> char {
    let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    char::from(b'a' + (mixed % 26) as u8)
}
