//! The stores of the tests.

use crate::facts::{facts, sql_facts};

mod on_sqlite {
    use session::SessionId;
    use session_sqlx::SqlSessionConfig;
    use session_sqlx::sqlite::SqliteSessionStore;
    use session_sqlx::sqlx::{self, SqlitePool, raw_sql};
    use tempfile::TempDir;

    use super::{facts, sql_facts};
    use crate::support::{Database, Fixture, run};

    struct Sqlite {
        pool: SqlitePool,
        _folder: TempDir,
    }

    #[async_trait::async_trait]
    impl Database for Sqlite {
        async fn make_newer(&self, id: SessionId) {
            let update = "UPDATE shop SET version = version + 1 WHERE id = ?";
            let update = sqlx::query(update).bind(id.as_uuid());
            update.execute(&self.pool).await.unwrap();
        }

        async fn clear(&self) {
            let drop = "DROP TABLE shop; DROP TABLE shop_schema";
            raw_sql(drop).execute(&self.pool).await.unwrap();
        }
    }

    pub(super) async fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/sessions.db", folder.path().display());
        let mut config = SqlSessionConfig::new(url.parse().unwrap());
        config.table = "shop".parse().unwrap();
        let store = SqliteSessionStore::from_config(&config).await.unwrap();
        let pool = SqlitePool::connect(&url).await.unwrap();
        Fixture {
            url,
            place: "--table=shop".to_owned(),
            backend: Box::new(store),
            database: Box::new(Sqlite {
                pool,
                _folder: folder,
            }),
        }
    }

    facts!();
    sql_facts!();
    #[cfg(unix)]
    crate::facts::tests!(the_bars_end_at_the_last_column_of_a_terminal);

    #[tokio::test]
    async fn a_check_leaves_the_file_of_another_program_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("other.db");
        let url = format!("sqlite:{}", file.display());
        std::fs::write(&file, "").unwrap();
        let pool = SqlitePool::connect(&url).await.unwrap();
        let create = raw_sql("CREATE TABLE other (id INTEGER)");
        create.execute(&pool).await.unwrap();
        pool.close().await;
        let before = std::fs::read(&file).unwrap();
        run(Some(&url), &["check"]).expect(1, "failed the check: schema");
        assert!(std::fs::read(&file).unwrap() == before);
    }
}

macro_rules! sql_server {
    ($Store:path, $Pool:path, $variable:literal, $newer:literal) => {
        use session::SessionId;
        use session_sqlx::SqlSessionConfig;
        use session_sqlx::sqlx::{self, raw_sql};

        use super::{facts, sql_facts};
        use crate::support::{Database, Fixture, unique_name, url};

        struct Server($Pool, String);

        #[async_trait::async_trait]
        impl Database for Server {
            async fn make_newer(&self, id: SessionId) {
                let update = $newer.replace("shop", &self.1);
                let update = sqlx::query(&update).bind(id.as_uuid());
                update.execute(&self.0).await.unwrap();
            }

            async fn clear(&self) {
                let drop = format!("DROP TABLE {0}; DROP TABLE {0}_schema", self.1);
                raw_sql(&drop).execute(&self.0).await.unwrap();
            }
        }

        pub(super) async fn fixture() -> Fixture {
            let (url, table) = (url($variable), unique_name());
            let mut config = SqlSessionConfig::new(url.parse().unwrap());
            config.table = table.parse().unwrap();
            let store = <$Store>::from_config(&config).await.unwrap();
            let pool = <$Pool>::connect(&url).await.unwrap();
            Fixture {
                url,
                place: format!("--table={table}"),
                backend: Box::new(store),
                database: Box::new(Server(pool, table)),
            }
        }

        facts!();
        sql_facts!();
    };
}

mod on_postgres {
    sql_server!(
        session_sqlx::postgres::PostgresSessionStore,
        session_sqlx::sqlx::PgPool,
        "SESSION_TEST_POSTGRES_URL",
        "UPDATE shop SET version = version + 1 WHERE id = $1"
    );
}

mod on_mysql {
    sql_server!(
        session_sqlx::mysql::MySqlSessionStore,
        session_sqlx::sqlx::MySqlPool,
        "SESSION_TEST_MYSQL_URL",
        "UPDATE shop SET version = version + 1 WHERE id = ?"
    );
}

mod on_redis {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use redis::aio::MultiplexedConnection;
    use session::SessionId;
    use session_redis::{KeyPrefix, RedisSessionConfig, RedisSessionStore, RedisUrl};
    use test_servers::{Cluster, Setup};

    use super::facts;
    use crate::support::{Database, Fixture, run, unique_name, url};

    struct Redis(MultiplexedConnection, String);

    #[async_trait::async_trait]
    impl Database for Redis {
        async fn make_newer(&self, id: SessionId) {
            let mut set = redis::cmd("SETRANGE");
            set.arg(format!("{}{id}", self.1)).arg(0).arg(&[99_u8]);
            set.exec_async(&mut self.0.clone()).await.unwrap();
        }

        async fn clear(&self) {
            let mut keys = redis::cmd("KEYS");
            keys.arg(format!("{}*", self.1));
            let keys: Vec<Vec<u8>> = keys.query_async(&mut self.0.clone()).await.unwrap();
            for key in keys {
                let mut unlink = redis::cmd("UNLINK");
                unlink
                    .arg(key)
                    .exec_async(&mut self.0.clone())
                    .await
                    .unwrap();
            }
        }
    }

    pub(super) async fn fixture() -> Fixture {
        at(url("SESSION_TEST_REDIS_URL")).await
    }

    async fn at(url: String) -> Fixture {
        let prefix = format!("{}:", unique_name());
        let client = redis::Client::open(url.as_str()).unwrap();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut config = RedisSessionConfig::from(url.parse::<RedisUrl>().unwrap());
        config.accept_eviction = true;
        let store = RedisSessionStore::from_config(&config).await.unwrap();
        let store = store.with_prefix(&KeyPrefix::new(prefix.as_str()).unwrap());
        Fixture {
            url,
            place: format!("--prefix={prefix}"),
            backend: Box::new(store),
            database: Box::new(Redis(connection, prefix)),
        }
    }

    facts!();

    /// The slot 0 is on the first node.
    #[test]
    fn a_count_on_a_cluster_fails_while_a_slot_is_being_moved_and_gives_the_reason() {
        let cluster = Cluster::start(test_servers::Database::Redis, 3, 0).unwrap();
        let (url, options) = (cluster.urls().swap_remove(0), ["--redis-mode", "cluster"]);
        let run_with = |command: &[&str]| run(Some(&url), &[&options, command].concat());
        let during = || {
            let stats = run_with(&["stats"]);
            stats.expect(1, "error: cannot count the sessions in Redis at");
            stats.expect(
                1,
                "slots of the cluster are being moved: repeat the operation",
            );
            stats.expect(1, "help: `session-kit check` tests the store");
            run_with(&["revoke-everything", "--before", "now", "--yes"])
                .expect(1, "error: cannot end the sessions in Redis at");
        };
        cluster.migrate(0, 1, during).unwrap();
        assert_eq!(run_with(&["stats", "--json"]).json()["live"], 0);
    }

    #[test]
    fn a_node_of_a_cluster_is_refused_with_the_option_for_clusters() {
        let cluster = Cluster::start(test_servers::Database::Redis, 1, 0).unwrap();
        let url = cluster.urls().swap_remove(0);
        let refused = run(Some(&url), &["stats"]);
        refused.expect(1, "error: cannot connect to Redis at");
        refused.expect(
            1,
            "the server is a node of a cluster, so it refuses commands for several sessions: set \
             `--redis-mode cluster`\n",
        );
        run(Some(&url), &["stats", "--redis-mode", "cluster"]).expect(0, "");
    }

    #[tokio::test]
    async fn a_server_that_hides_its_settings_is_a_warning_of_the_check() {
        let setup = Setup::of(test_servers::Database::Redis).without_durability();
        let server = setup.start().unwrap();
        let rights = "ACL SETUSER shop on >open-sesame ~* +@all -info";
        let mut acl = redis::Cmd::new();
        acl.arg(rights.split(' ').collect::<Vec<_>>());
        acl.exec(&mut server.redis().unwrap()).unwrap();
        let url = format!("redis://shop:open-sesame@{}", server.address());
        let check = run(Some(&url), &["check"]);
        let mut findings = check.output.lines();
        let eviction = findings.find(|it| it.starts_with("eviction")).unwrap();
        assert!(eviction.contains("warning"), "{eviction}");
        assert!(eviction.contains("does not permit `INFO`"), "{eviction}");
    }

    /// Answers as a server does whose clock is years behind. A command that would search the keys
    /// has no answer.
    fn serve_with_a_slow_clock(mut client: TcpStream) {
        let mut commands = [0; 4096];
        while let Ok(length @ 1..) = client.read(&mut commands) {
            let commands = String::from_utf8_lossy(&commands[..length]);
            for command in commands.split('*').skip(1) {
                let answer = match command {
                    it if it.contains("SCAN") => return,
                    it if it.contains("\r\nTIME\r\n") => "*2\r\n$9\r\n946684800\r\n$1\r\n0\r\n",
                    it if it.contains("\r\nINFO\r\n") => "$0\r\n\r\n",
                    it if it.contains("\r\nPING\r\n") => "+PONG\r\n",
                    _ => "+OK\r\n",
                };
                client.write_all(answer.as_bytes()).unwrap();
            }
        }
    }

    #[test]
    fn a_sweep_by_a_clock_that_is_ahead_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for client in listener.incoming() {
                serve_with_a_slow_clock(client.unwrap());
            }
        });
        let sweep = run(Some(&url), &["sweep"]);
        sweep.expect(1, "the clocks of Redis and of this machine differ by");
        sweep.expect(1, "synchronise the clocks");
        let check = run(Some(&url), &["check"]);
        assert!(check.output.contains("the clocks differ by"), "{check:?}");
    }

    #[tokio::test]
    async fn the_time_limit_is_that_of_a_slow_server_too() {
        let setup = Setup::of(test_servers::Database::Redis).without_durability();
        let server = setup.start().unwrap();
        let mut pause = redis::cmd("CLIENT");
        pause.arg("PAUSE").arg(2_000);
        pause.exec(&mut server.redis().unwrap()).unwrap();
        let list = run(Some(&server.url()), &["list", "ada", "--timeout", "60s"]);
        list.expect(3, "`ada` has no live sessions");
    }

    #[tokio::test]
    async fn a_server_that_evicts_fails_the_check_and_can_be_used() {
        let setup = Setup::of(test_servers::Database::Redis).without_durability();
        let setup = setup.with("maxmemory 100mb");
        let server = setup.with("maxmemory-policy allkeys-lru").start().unwrap();
        let fixture = at(server.url()).await;
        let check = fixture.run("check --json");
        check.expect(1, "failed the check: eviction");
        assert_eq!(check.json()["ok"], false);
        let text = fixture.run("check");
        assert!(
            text.output.contains("maxmemory-policy noeviction"),
            "{text:?}"
        );
        let list = fixture.run("list ada");
        list.expect(3, "`ada` has no live sessions");
        assert!(
            list.errors.contains("warning: `maxmemory-policy` is"),
            "{list:?}"
        );
    }
}
