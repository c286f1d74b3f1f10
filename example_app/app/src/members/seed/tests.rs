use time::UtcDateTime;

use super::*;
use crate::configuration::PasswordHashText;
use crate::members::new_name::NewName;
use crate::members::new_password::NewPassword;
use crate::members::users::PasswordChange;
use crate::members::visitor::Visitor;

/// The hashes of `one` and `two`.
const ONE: &str = "$argon2id$v=19$m=19456,t=2,p=1$cuTizS8AV6L4yEy0QlRxcA$7uyk3wWS+lODWx1loI/KlHvtYmfaUF14zAAL5nVpuCU";
const TWO: &str = "$argon2id$v=19$m=19456,t=2,p=1$hLb2911eLC9pUZmh19GR4g$4TKbtxT+VlLm6Nsqk7VoY8dv8Vna4G4u0eBtbYLHkxg";

fn config(accounts: &[(&str, &str)]) -> UsersConfig {
    let account = |(name, hash): &(&str, &str)| Account {
        name: (*name).to_owned(),
        password_hash: PasswordHashText((*hash).to_owned()),
    };
    UsersConfig {
        accounts: accounts.iter().map(account).collect(),
        demo: None,
    }
}

async fn users(accounts: &[(&str, &str)]) -> Result<Users, SeedError> {
    seeded_users(&Database::in_memory(), &config(accounts)).await
}

fn visitor() -> Visitor {
    Visitor::new([192, 0, 2, 7].into(), UtcDateTime::UNIX_EPOCH)
}

async fn matches(users: &Users, name: &str, password: &str) -> bool {
    let verified = users
        .verify(name, password.to_owned(), &visitor())
        .await
        .unwrap();
    verified.is_some_and(|member| member.name() == name)
}

#[tokio::test]
async fn a_password_matches_its_own_member_only() {
    let users = users(&[("ada", ONE), ("bob", TWO)]).await.unwrap();
    for (name, password, matches) in [
        ("ada", "one", true),
        ("bob", "two", true),
        ("ada", "two", false),
        ("ada", "", false),
        ("eve", "one", false),
        ("Ada", "one", false),
        ("ada ", "one", false),
    ] {
        let verified = users
            .verify(name, password.to_owned(), &visitor())
            .await
            .unwrap();
        assert_eq!(verified.is_some(), matches, "{name} {password}");
        let hash = users.password_hash(name).await.unwrap();
        assert_eq!(hash.is_some(), ["ada", "bob"].contains(&name));
    }
}

#[tokio::test]
async fn without_members_no_password_matches() {
    let users = users(&[]).await.unwrap();
    assert!(!matches(&users, "ada", "one").await);
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let users = users(&[("ada", ONE), ("bob", TWO)]).await.unwrap();
    let ada = users
        .verify("ada", "one".to_owned(), &visitor())
        .await
        .unwrap()
        .unwrap();
    let new = NewPassword::choose("wool and rain clouds", "wool and rain clouds", "ada").unwrap();
    let changed = users.change_password(ada, new).await.unwrap();
    assert!(matches!(changed, PasswordChange::Changed(_)));
    assert!(matches(&users, "ada", "wool and rain clouds").await);
    assert!(!matches(&users, "ada", "one").await);
    assert!(matches(&users, "bob", "two").await);
}

#[tokio::test]
async fn a_taken_name_is_refused_at_the_sign_up() {
    let users = users(&[("ada", ONE)]).await.unwrap();
    let password =
        || NewPassword::choose("wool and rain clouds", "wool and rain clouds", "").unwrap();
    let (ada, eve) = (
        NewName::parse("ada").unwrap(),
        NewName::parse("eve").unwrap(),
    );
    let taken = users.sign_up(&ada, password(), &visitor()).await.unwrap();
    assert!(taken.is_none());
    assert!(matches(&users, "ada", "one").await);
    let signed_up = users.sign_up(&eve, password(), &visitor()).await.unwrap();
    assert_eq!(signed_up.unwrap().principal(), eve.principal());
    assert!(matches(&users, "eve", "wool and rain clouds").await);
}

#[tokio::test]
async fn an_existing_member_keeps_the_password_that_the_database_has() {
    let database = Database::in_memory();
    seeded_users(&database, &config(&[("ada", ONE)]))
        .await
        .unwrap();
    let users = seeded_users(&database, &config(&[("ada", TWO)]))
        .await
        .unwrap();
    assert!(matches(&users, "ada", "one").await && !matches(&users, "ada", "two").await);
}

#[tokio::test]
async fn accounts_that_are_not_valid_are_refused_with_their_name() {
    let slower = ONE.replace("t=2", "t=3");
    let too_long = "x".repeat(256);
    for (accounts, complaint) in [
        (
            &[("ada", ONE), ("ada", TWO)],
            "two accounts have the name `ada`",
        ),
        (
            &[("ada", ONE), ("bob", "secret")],
            "`bob` is not an argon2id hash",
        ),
        (
            &[("ada", ONE), ("bob", slower.as_str())],
            "`bob` has other parameters",
        ),
        (&[("ada", ONE), ("", TWO)], "1 to 255 bytes without NUL"),
        (
            &[("ada", ONE), (&too_long, TWO)],
            "1 to 255 bytes without NUL",
        ),
        (&[("ada", ONE), ("b\0b", TWO)], "has a NUL"),
    ] {
        let refused = users(accounts).await.unwrap_err().to_string();
        assert!(refused.contains(complaint), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");
    }
}
