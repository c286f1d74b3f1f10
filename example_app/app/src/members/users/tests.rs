use super::*;
use crate::configuration::{Account, PasswordHashText};

/// Of `one` and `two`.
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
    Users::new(&Database::in_memory(), &config(accounts)).await
}

#[tokio::test]
async fn only_the_own_password_fits() {
    let users = users(&[("ada", ONE), ("bob", TWO)]).await.unwrap();
    for (name, password, fits) in [
        ("ada", "one", true),
        ("bob", "two", true),
        ("ada", "two", false),
        ("ada", "", false),
        ("eve", "one", false),
        ("Ada", "one", false),
        ("ada ", "one", false),
    ] {
        let verified = users.verify(name, password.to_owned()).await.unwrap();
        assert_eq!(verified, fits, "{name} {password}");
        assert_eq!(
            users.has(name).await.unwrap(),
            ["ada", "bob"].contains(&name)
        );
    }
}

#[tokio::test]
async fn without_members_nobody_gets_in() {
    let users = users(&[]).await.unwrap();
    assert!(!users.verify("ada", "one".to_owned()).await.unwrap());
}

#[tokio::test]
async fn a_member_who_is_there_is_left_alone_by_the_configuration() {
    let database = Database::in_memory();
    Users::new(&database, &config(&[("ada", ONE)]))
        .await
        .unwrap();
    let users = Users::new(&database, &config(&[("ada", TWO)]))
        .await
        .unwrap();
    assert!(users.verify("ada", "one".to_owned()).await.unwrap());
    assert!(!users.verify("ada", "two".to_owned()).await.unwrap());
}

#[tokio::test]
async fn a_configuration_that_would_betray_members_is_refused() {
    let slower = ONE.replace("t=2", "t=3");
    let too_long = "x".repeat(256);
    for (accounts, complaint) in [
        (&[("ada", ONE), ("ada", TWO)], "two accounts called `ada`"),
        (
            &[("ada", ONE), ("bob", "secret")],
            "`bob` is not an argon2id hash",
        ),
        (
            &[("ada", ONE), ("bob", slower.as_str())],
            "`bob` has other parameters",
        ),
        (&[("ada", ONE), ("", TWO)], "1 to 255 bytes"),
        (&[("ada", ONE), (&too_long, TWO)], "1 to 255 bytes"),
    ] {
        let refused = users(accounts).await.unwrap_err().to_string();
        assert!(refused.contains(complaint), "{refused}");
        assert!(!refused.contains("secret"), "{refused}");
    }
}
