use std::process::Command;

use anyhow::{Context, ensure};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use test_servers::{Database, Server, Setup, ensure_installed};
use tokio::runtime::Runtime;

use crate::contestants::{Contestant, Library, Store};

/// The servers and the folder in which the contestants keep their sessions.
#[derive(Debug)]
pub(super) struct Databases {
    postgres: Server,
    redis: Server,
    files: TempDir,
    runtime: Runtime,
}

impl Databases {
    pub(super) fn start() -> anyhow::Result<Self> {
        for database in [Database::Postgres, Database::Redis] {
            ensure_installed(database)?;
        }
        let postgres = Setup::of(Database::Postgres)
            .without_durability()
            .with("shared_preload_libraries=pg_stat_statements");
        let databases = Self {
            postgres: postgres.start()?,
            redis: Setup::of(Database::Redis).without_durability().start()?,
            files: tempfile::tempdir()?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        };
        databases.execute("CREATE EXTENSION pg_stat_statements")?;
        Ok(databases)
    }

    /// Returns the URL of an empty database for one contestant.
    pub(super) fn url_for(&self, contestant: Contestant) -> anyhow::Result<String> {
        let name = database_name(contestant.library);
        match contestant.store {
            Store::Cookie | Store::Memory => Ok("none".to_owned()),
            Store::Sqlite => {
                let file = self.files.path().join(format!("{name}.db"));
                Ok(format!("sqlite:{}", file.display()))
            }
            Store::Postgres => {
                self.execute(&format!("CREATE DATABASE {name}"))?;
                let url = self.postgres.url();
                let server = url.strip_suffix("/postgres");
                let server = server.context("the URL ends with the name of the database")?;
                Ok(format!("{server}/{name}"))
            }
            Store::Redis => Ok(format!(
                "{}{}",
                self.redis.url(),
                number(contestant.library)
            )),
        }
    }

    /// Returns the number of statements or commands that the server of a store has executed. On
    /// Redis, those of this question are among them.
    pub(super) fn count_commands(&self, contestant: Contestant) -> anyhow::Result<i64> {
        match contestant.store {
            Store::Postgres => self.count_statements(database_name(contestant.library)),
            Store::Redis => self.count_redis_commands(),
            store => anyhow::bail!("{} counts no commands", store.name()),
        }
    }

    fn count_statements(&self, database: &str) -> anyhow::Result<i64> {
        let query = "SELECT COALESCE(SUM(calls), 0)::BIGINT FROM pg_stat_statements AS statement \
             JOIN pg_database ON pg_database.oid = statement.dbid WHERE datname = $1";
        let url = self.postgres.url();
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            let query = sqlx::query_scalar(query).bind(database);
            Ok(query.fetch_one(&mut connection).await?)
        })
    }

    fn count_redis_commands(&self) -> anyhow::Result<i64> {
        let mut connection = self.redis.redis()?;
        let info: String = redis::cmd("INFO").arg("stats").query(&mut connection)?;
        let mut lines = info.lines();
        let count = lines.find_map(|line| line.strip_prefix("total_commands_processed:"));
        Ok(count
            .context("the server counts no commands")?
            .trim()
            .parse()?)
    }

    fn execute(&self, statement: &str) -> anyhow::Result<()> {
        let url = self.postgres.url();
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::query(statement).execute(&mut connection).await?;
            Ok(())
        })
    }

    /// Returns the names and versions of the servers.
    pub(super) fn versions(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let url = self.postgres.url();
        let postgres: String = self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            let query = sqlx::query_scalar("SHOW server_version");
            anyhow::Ok(query.fetch_one(&mut connection).await?)
        })?;
        let postgres = postgres.split(' ').next().unwrap_or_default().to_owned();
        let mut connection = self.redis.redis()?;
        let info: String = redis::cmd("INFO").arg("server").query(&mut connection)?;
        let redis = info
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        let redis = redis
            .context("the server has no version")?
            .trim()
            .to_owned();
        Ok(vec![
            ("Postgres", postgres),
            ("Redis", redis),
            ("Rust", rust()?),
        ])
    }
}

fn rust() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("--version").output()?;
    ensure!(output.status.success(), "rustc has no version");
    let text = String::from_utf8(output.stdout)?;
    let version = text.split_whitespace().nth(1);
    Ok(version.context("rustc has no version")?.to_owned())
}

fn database_name(library: Library) -> &'static str {
    match library {
        Library::SessionKit => "session_kit",
        Library::PavexSession => "pavex_session",
        Library::TowerSessions => "tower_sessions",
        Library::ActixSession => "actix_session",
        Library::ByHand => "by_hand",
        Library::ByHandPlain => "by_hand_plain",
    }
}

/// The number of the database in Redis.
fn number(library: Library) -> u8 {
    match library {
        Library::SessionKit => 1,
        Library::PavexSession => 2,
        Library::TowerSessions => 3,
        Library::ActixSession => 4,
        Library::ByHand => 5,
        Library::ByHandPlain => 6,
    }
}
