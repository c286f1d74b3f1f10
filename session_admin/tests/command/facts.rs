//! Facts that hold on each store.

use std::sync::Arc;
use std::time::Duration;

use session::store::{Lifetime, SessionRecord, to_micros};
use session::time::UtcDateTime;
use session_conformance::{RecordBuilder, id};

use crate::support::Fixture;
#[cfg(unix)]
use crate::terminal::run_on_terminals;

/// Makes a test of each of these functions, with the function `fixture` of the module.
macro_rules! tests {
    ($($fact:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $fact() {
                let fixture = fixture().await;
                crate::facts::$fact(&fixture).await;
                fixture.database.clear().await;
            }
        )*
    };
}
pub(crate) use tests;

macro_rules! facts {
    () => {
        crate::facts::tests!(
            the_live_sessions_of_a_principal_are_listed,
            a_session_is_shown_with_its_times_and_without_its_state,
            an_unknown_session_is_an_exit_code_of_its_own,
            no_output_controls_the_terminal,
            one_session_ends_and_the_others_stay,
            all_sessions_of_a_principal_end_and_the_others_stay,
            the_script_of_the_readme_ends_the_sessions_of_any_principal,
            sessions_from_before_a_time_end_and_the_others_stay,
            nothing_ends_without_a_terminal_and_without_yes,
            a_record_of_a_newer_release_is_reported_and_can_be_ended,
            sessions_are_counted_by_owner_and_age,
            the_ages_of_sessions_are_shown_as_bars,
            an_empty_store_is_counted,
            no_output_has_a_secret_a_password_or_a_state_value,
            a_store_that_fits_passes_the_check,
        );
    };
}
pub(crate) use facts;

macro_rules! sql_facts {
    () => {
        crate::facts::tests!(
            a_missing_table_is_reported_until_it_is_migrated,
            expired_sessions_are_swept,
        );
    };
}
pub(crate) use sql_facts;

const STATE: &str = r#"{"card":"planted-state-value"}"#;

async fn given(fixture: &Fixture, record: RecordBuilder) -> Arc<SessionRecord> {
    let record = record.build();
    _ = fixture.backend.create(&record).await.unwrap();
    record
}

async fn given_of(fixture: &Fixture, n: u64, principal: &str) -> Arc<SessionRecord> {
    given(fixture, RecordBuilder::complete(n).principal(principal)).await
}

pub(crate) async fn the_live_sessions_of_a_principal_are_listed(fixture: &Fixture) {
    let older = given_of(fixture, 1, "ada").await;
    let newer = given_of(fixture, 2, "ada").await;
    given_of(fixture, 3, "grace").await;
    let past = now() - Duration::from_secs(60);
    given(
        fixture,
        RecordBuilder::complete(4).principal("ada").expires_at(past),
    )
    .await;
    let list = fixture.json("list ada");
    let ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, [&*newer.id.to_string(), &*older.id.to_string()]);
    assert_eq!(list[1]["label"], "Browser № 1");
    assert_eq!(list[1]["lifetime"], "remembered");
    assert_eq!(list[1]["expires_at"], "2100-01-01T01:23:20.000001Z");
    let text = fixture.run("list ada");
    assert_eq!(text.code, 0, "{text:?}");
    let lines: Vec<_> = text.output.lines().collect();
    assert!(lines[0].starts_with("ID "), "{text:?}");
    let column = lines[0].find("EXPIRES").unwrap();
    assert!(
        lines[1][column..].starts_with("2100-01-01T01:23:20Z (in "),
        "{text:?}"
    );
    assert_eq!(lines.len(), 3);
    let nobody = fixture.run("list nobody --json");
    nobody.expect(3, "`nobody` has no live sessions");
    assert_eq!(nobody.json(), serde_json::json!([]));
}

pub(crate) async fn a_session_is_shown_with_its_times_and_without_its_state(fixture: &Fixture) {
    let record = given_of(fixture, 1, "ada\u{1b}[2J").await;
    let shown = fixture.json(&format!("show {}", record.id));
    assert_eq!(shown["principal"], "ada\u{1b}[2J");
    assert_eq!(shown["live"], true);
    assert_eq!(shown["state_bytes"], record.state.as_json().len());
    assert_eq!(shown["created_at"], "2100-01-01T00:00:01.000001Z");
    assert_eq!(shown["authenticated_at"], "2100-01-01T00:00:20.000001Z");
    let text = fixture.run(&format!("show {}", record.id)).output;
    assert!(text.contains("principal    ada\\u{1b}[2J\n"), "{text}");
    assert!(
        text.contains("last active  2100-01-01T00:00:40Z (in "),
        "{text}"
    );
    let anonymous = given(fixture, RecordBuilder::new(2)).await;
    let shown = fixture.json(&format!("show {}", anonymous.id));
    assert!(
        shown["principal"].is_null() && shown["label"].is_null(),
        "{shown}"
    );
}

pub(crate) async fn no_output_controls_the_terminal(fixture: &Fixture) {
    const HARMFUL: &str = "a\u{1b}[2J\u{7f}\u{9b}\u{61c}\u{200b}\u{2028}\u{202e}\\b";
    const HARMLESS: &str = r"a\u{1b}[2J\u{7f}\u{9b}\u{61c}\u{200b}\u{2028}\u{202e}\\b";
    let record = RecordBuilder::complete(1).principal(HARMFUL).label(HARMFUL);
    let record = given(fixture, record).await;
    let (show, list) = (format!("show {}", record.id), format!("list {HARMFUL}"));
    let text = fixture.run(&show);
    assert!(text.output.contains(HARMLESS), "{text:?}");
    for command in [&show, &list] {
        let text = fixture.run(command).output;
        assert!(
            text.contains(r"a[2J\u{61c}\u{200b}\u{2028}\u{202e}\\b"),
            "{text:?}"
        );
        let json = fixture.run(&format!("{command} --json")).output;
        assert!(json.contains(r"\u061c\u200b\u2028\u202e\\b"), "{json:?}");
        let is_harmful = |it: char| !it.is_ascii_graphic() && HARMFUL.contains(it);
        assert!(
            !text.contains(is_harmful) && !json.contains(is_harmful),
            "{text:?} {json:?}"
        );
    }
    assert_eq!(fixture.json(&show)["principal"], HARMFUL);
    let label = record.label.as_ref().unwrap().as_str();
    assert_eq!(fixture.json(&list)[0]["label"], label);
}

pub(crate) async fn an_unknown_session_is_an_exit_code_of_its_own(fixture: &Fixture) {
    for command in ["show", "revoke"] {
        let unknown = fixture.run(&format!("{command} {}", id(77)));
        unknown.expect(3, &format!("there is no session {}", id(77)));
        assert_eq!(unknown.output, "");
        let malformed = fixture.run(&format!("{command} 42"));
        malformed.expect(2, "a session id is a UUID of version 7");
    }
}

pub(crate) async fn one_session_ends_and_the_others_stay(fixture: &Fixture) {
    let ended = given_of(fixture, 1, "ada").await;
    let other = given_of(fixture, 2, "ada").await;
    let outcome = fixture.run(&format!("revoke {}", ended.id));
    assert_eq!((outcome.code, &*outcome.output), (0, "1 session ended.\n"));
    assert!(!fixture.holds(ended.id).await && fixture.holds(other.id).await);
}

pub(crate) async fn all_sessions_of_a_principal_end_and_the_others_stay(fixture: &Fixture) {
    let first = given_of(fixture, 1, "ada").await;
    let second = given_of(fixture, 2, "ada").await;
    let other = given_of(fixture, 3, "ada lovelace").await;
    assert_eq!(fixture.json("revoke-all ada --yes")["ended"], 2);
    assert!(!fixture.holds(first.id).await && !fixture.holds(second.id).await);
    assert!(fixture.holds(other.id).await);
    let again = fixture.run("revoke-all ada --yes");
    again.expect(3, "`ada` has no live sessions");
}

pub(crate) async fn the_script_of_the_readme_ends_the_sessions_of_any_principal(fixture: &Fixture) {
    let mut lines = include_str!("../../README.md").lines();
    let script = lines.find(|line| line.contains("$USER_ID")).unwrap();
    for (n, principal) in (1..).zip(["ada lovelace", "--help", "-5"]) {
        let record = given_of(fixture, n, principal).await;
        for _ in 0..2 {
            let outcome = fixture.run_script(script, "USER_ID", principal);
            assert_eq!(outcome.code, 0, "{outcome:?}");
            assert!(!fixture.holds(record.id).await, "{outcome:?}");
        }
    }
}

pub(crate) async fn sessions_from_before_a_time_end_and_the_others_stay(fixture: &Fixture) {
    let at = |seconds: i64| UtcDateTime::from_unix_timestamp(1_700_000_000 + seconds).unwrap();
    let before = given(fixture, RecordBuilder::new(1).created_at(at(0))).await;
    let after = given(fixture, RecordBuilder::new(2).created_at(at(1))).await;
    let ended = fixture.json("revoke-everything --before 2023-11-14T22:13:20Z -y");
    assert_eq!(ended["ended"], 1);
    assert!(!fixture.holds(before.id).await && fixture.holds(after.id).await);
    let outcome = fixture.run("revoke-everything --before now --yes");
    assert_eq!((outcome.code, &*outcome.output), (0, "1 session ended.\n"));
    let none = fixture.run("revoke-everything --before now --yes");
    assert_eq!((none.code, &*none.output), (0, "0 sessions ended.\n"));
}

pub(crate) async fn nothing_ends_without_a_terminal_and_without_yes(fixture: &Fixture) {
    let record = given_of(fixture, 1, "ada").await;
    for command in ["revoke-all ada", "revoke-everything --before now"] {
        fixture.run(command).expect(2, "add `--yes`");
        assert!(fixture.holds(record.id).await);
    }
}

pub(crate) async fn a_record_of_a_newer_release_is_reported_and_can_be_ended(fixture: &Fixture) {
    let record = given_of(fixture, 1, "ada").await;
    fixture.database.make_newer(record.id).await;
    assert_eq!(fixture.json("list ada").as_array().unwrap().len(), 1);
    let shown = fixture.run(&format!("show {}", record.id));
    shown.expect(1, "the record cannot be read");
    shown.expect(1, "use that release of `session-kit`");
    assert_eq!(fixture.json(&format!("revoke {}", record.id))["ended"], 1);
    assert!(!fixture.holds(record.id).await);
}

pub(crate) async fn no_output_has_a_secret_a_password_or_a_state_value(fixture: &Fixture) {
    let hash = *b"planted-secret-hash-of-32-bytes!";
    let record = RecordBuilder::complete(1).principal("ada").state(STATE);
    let record = given(fixture, record.secret(hash)).await;
    let damaged = given_of(fixture, 2, "ada").await;
    fixture.database.make_newer(damaged.id).await;
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let authority = fixture.url.split('@').next().unwrap();
    let password = authority.rsplit(':').next().unwrap();
    let id = record.id;
    for command in [
        "check".to_owned(),
        "migrate".to_owned(),
        "list ada".to_owned(),
        format!("show {id}"),
        format!("show {}", damaged.id),
        "sweep".to_owned(),
        "stats".to_owned(),
        "revoke-everything --before 2023-11-14T22:13:20Z --yes".to_owned(),
        format!("revoke {id}"),
        "revoke-all ada --yes".to_owned(),
        "list ada".to_owned(),
    ] {
        for form in ["", " --json"] {
            let outcome = fixture.run(&format!("{command}{form}"));
            let shown = format!("{}{}", outcome.output, outcome.errors);
            for secret in ["planted", &hex, &hex.to_uppercase()] {
                assert!(!shown.contains(secret), "{command}: {shown}");
            }
            let has_password = fixture.url.contains('@');
            assert!(
                !has_password || !shown.contains(password),
                "{command}: {shown}"
            );
        }
    }
}

/// Creates five sessions of visitors, and ten days ago two of a principal. One record is that of a
/// newer release.
async fn given_of_each_age(fixture: &Fixture) {
    let hour = Duration::from_secs(60 * 60);
    for (n, hours) in (1..).zip([0, 2, 2, 48, 24 * 365]) {
        let record = RecordBuilder::new(n).created_at(now() - hour * hours);
        given(fixture, record).await;
    }
    for (n, lifetime) in (10..).zip([Lifetime::Remembered, Lifetime::Ordinary]) {
        let record = RecordBuilder::complete(n).lifetime(lifetime);
        given(fixture, record.created_at(now() - hour * 240)).await;
    }
    let newer = given_of(fixture, 20, "ada").await;
    fixture.database.make_newer(newer.id).await;
}

pub(crate) async fn sessions_are_counted_by_owner_and_age(fixture: &Fixture) {
    given_of_each_age(fixture).await;
    let expected = serde_json::json!({
        "live": 7, "logged_in": 2, "remembered": 1, "anonymous": 5, "expired": 0, "unreadable": 1,
        "ages": [
            { "from_seconds": 0, "until_seconds": 3_600, "sessions": 1 },
            { "from_seconds": 3_600, "until_seconds": 86_400, "sessions": 2 },
            { "from_seconds": 86_400, "until_seconds": 604_800, "sessions": 1 },
            { "from_seconds": 604_800, "until_seconds": 2_592_000, "sessions": 2 },
            { "from_seconds": 2_592_000, "until_seconds": 7_776_000, "sessions": 0 },
            { "from_seconds": 7_776_000, "until_seconds": null, "sessions": 1 },
        ],
    });
    assert_eq!(fixture.json("stats"), expected);
}

/// The longest bar ends at the eightieth column, as there is no terminal.
pub(crate) async fn the_ages_of_sessions_are_shown_as_bars(fixture: &Fixture) {
    given_of_each_age(fixture).await;
    let text = fixture.run("stats");
    assert_eq!(text.code, 0, "{text:?}");
    assert!(!text.errors.contains("sessions counted"), "{text:?}");
    let bars = [25, 50].map(|length| "█".repeat(length));
    let expected = format!(
        "live            7\n\
         \x20 logged in     2\n\
         \x20   remembered  1\n\
         \x20 anonymous     5\n\
         expired         0\n\
         unreadable      1\n\
         \n\
         AGE                 SESSIONS\n\
         less than 1 h              1  {0}\n\
         1 h to 1 day               2  {1}\n\
         1 day to 7 days            1  {0}\n\
         7 days to 30 days          2  {1}\n\
         30 days to 90 days         0\n\
         90 days or more            1  {0}\n",
        bars[0], bars[1]
    );
    assert_eq!(text.output, expected);
}

/// The width is at most that of the help, 100 columns.
#[cfg(unix)]
pub(crate) async fn the_bars_end_at_the_last_column_of_a_terminal(fixture: &Fixture) {
    given_of_each_age(fixture).await;
    for (columns, width) in [(60, 60), (100, 100), (200, 100)] {
        let shown = run_on_terminals(fixture.command("stats"), columns);
        let lines = shown.output.lines().map(|line| line.chars().count());
        assert_eq!(lines.max(), Some(width), "{}", shown.output);
        // The progress is on the other terminal, and gone at the end.
        assert!(!shown.output.contains('\u{1b}'), "{}", shown.output);
        assert!(!shown.errors.contains("AGE"), "{}", shown.errors);
        let last = shown.errors.rsplit("\u{1b}[2K").next();
        assert_eq!(last, Some(""), "{:?}", shown.errors);
    }
}

pub(crate) async fn an_empty_store_is_counted(fixture: &Fixture) {
    let counted = fixture.json("stats");
    assert_eq!(
        (&counted["live"], &counted["unreadable"]),
        (&0.into(), &0.into())
    );
    assert_eq!(fixture.run("stats").code, 0);
}

pub(crate) async fn a_store_that_fits_passes_the_check(fixture: &Fixture) {
    let check = fixture.json("check");
    assert_eq!(check["ok"], true, "{check}");
    let findings = check["findings"].as_array().unwrap();
    for name in ["connection", "schema", "eviction", "clock", "read", "write"] {
        let finding = findings.iter().find(|it| it["check"] == name).unwrap();
        assert_eq!(finding["status"], "ok", "{finding}");
    }
    let text = fixture.run("check");
    assert!(text.output.starts_with("connection  ok "), "{text:?}");
    assert_eq!(fixture.run("migrate").code, 0);
}

pub(crate) async fn a_missing_table_is_reported_until_it_is_migrated(fixture: &Fixture) {
    fixture.database.clear().await;
    for command in ["list ada", "sweep", "stats", "revoke-all ada --yes"] {
        fixture
            .run(command)
            .expect(1, "create it by `session-kit migrate`");
    }
    let check = fixture.run("check --json");
    check.expect(1, "failed the check: schema");
    assert_eq!(check.json()["ok"], false);
    fixture.json("migrate");
    assert_eq!(fixture.json("check")["ok"], true);
    fixture.run("list ada").expect(3, "has no live sessions");
}

pub(crate) async fn expired_sessions_are_swept(fixture: &Fixture) {
    let past = now() - Duration::from_secs(60);
    for n in 0..3 {
        given(fixture, RecordBuilder::new(n).expires_at(past)).await;
    }
    let live = given(fixture, RecordBuilder::new(3)).await;
    let counted = fixture.json("stats");
    assert_eq!(
        (&counted["live"], &counted["expired"]),
        (&1.into(), &3.into())
    );
    assert_eq!(fixture.json("sweep")["deleted"], 3);
    assert!(fixture.holds(live.id).await);
    let again = fixture.run("sweep");
    assert_eq!(again.output, "0 expired sessions deleted.\n");
}

fn now() -> UtcDateTime {
    session::store::from_micros(to_micros(UtcDateTime::now())).unwrap()
}
