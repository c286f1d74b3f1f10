use super::*;

#[test]
fn a_url_is_shown_without_user_password_and_parameters() {
    for (url, shown) in [
        ("sqlite:data/app.db", "sqlite:data/app.db"),
        ("sqlite://data/app.db", "sqlite:data/app.db"),
        ("sqlite:///var/lib/app.db", "sqlite:/var/lib/app.db"),
        ("sqlite::memory:", "sqlite::memory:"),
        (
            "postgres://app:s3cret@db.example/shop?password=s3cret",
            "postgres://db.example/shop",
        ),
        (
            "postgresql://app:s3%2Fcret@db.example:6432/shop",
            "postgres://db.example:6432/shop",
        ),
        (
            "postgres://app:s3cret@[::1]:5432/shop",
            "postgres://[::1]:5432/shop",
        ),
        ("postgres:///shop?host=/run/postgresql", "postgres:///shop"),
        ("mariadb://app:a@b@127.0.0.1/shop", "mysql://127.0.0.1/shop"),
    ] {
        let parsed: DatabaseUrl = url.parse().unwrap();
        assert_eq!(parsed.to_string(), shown);
        assert_eq!(format!("{parsed:?}"), format!("DatabaseUrl({shown})"));
    }
}

#[test]
fn an_invalid_url_is_refused_without_a_part_of_its_password() {
    for (url, hint) in [
        ("data/app.db", "unknown scheme"),
        ("redis://:s3cret@localhost", "unknown scheme"),
        ("sqlite:", "path of a file"),
        ("sqlite://data/", "path of a file"),
        ("sqlite://app.db?mode=rwc", "created if it is missing"),
        ("postgres:shop", "unknown scheme"),
        ("postgres://app:s3cret/x@host/shop", "%2F"),
        ("postgres://app:s3cret#x@host/shop", "%23"),
        ("postgres://app:s3cret/shop", "%2F"),
        ("postgres://app@host/shop?password=s3cret#x", "%23"),
        ("mysql://app:s3cret@host", "names no database"),
        (
            "mysql://app:s3cret@host/?ssl-mode=required",
            "names no database",
        ),
    ] {
        let error = url.parse::<DatabaseUrl>().unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(printed.contains(hint), "{url}: {printed}");
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}

#[test]
#[cfg(feature = "sqlite")]
fn only_the_url_of_a_database_in_memory_is_in_memory() {
    for (url, is_in_memory) in [
        ("sqlite::memory:", true),
        ("sqlite://:memory:", true),
        ("sqlite:./:memory:", false),
        ("postgres://localhost/:memory:", false),
    ] {
        let url: DatabaseUrl = url.parse().unwrap();
        assert_eq!(url.is_in_memory(), is_in_memory, "{url}");
    }
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
mod parameters {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use sqlx::mysql::MySqlConnectOptions;
    use sqlx::postgres::PgConnectOptions;
    use tracing::field::{Field, Visit};
    use tracing::{Event, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt};

    use super::*;

    /// Returns the options that the driver makes of a URL, or the error.
    fn options<O>(kind: DatabaseKind, parameters: &str) -> Result<String, String>
    where
        O: FromStr<Err = sqlx::Error> + Debug,
    {
        let url = format!("{}://localhost/shop?{parameters}", kind.name());
        let options = url
            .parse()
            .and_then(|url: DatabaseUrl| url.options::<O>(kind));
        let options = options.map(|options| format!("{options:?}"));
        options.map_err(|error| format!("{error} {error:?}"))
    }

    fn of_postgres(parameters: &str) -> Result<String, String> {
        options::<PgConnectOptions>(DatabaseKind::Postgres, parameters)
    }

    fn of_mysql(parameters: &str) -> Result<String, String> {
        options::<MySqlConnectOptions>(DatabaseKind::MySql, parameters)
    }

    /// Returns a value that is not the default.
    fn value_of(name: &str, mode: &'static str) -> &'static str {
        match name {
            "sslmode" | "ssl-mode" => mode,
            "statement-cache-capacity" | "port" => "7",
            "hostaddr" => "127.0.0.9",
            _ => "x",
        }
    }

    #[test]
    fn the_driver_reads_each_parameter_that_is_allowed() {
        for name in OF_POSTGRES.names() {
            let options = of_postgres(&format!("{name}={}", value_of(name, "disable")));
            assert_ne!(options.unwrap(), of_postgres("").unwrap(), "{name}");
        }
        for name in OF_MYSQL.names() {
            let options = of_mysql(&format!("{name}={}", value_of(name, "disabled")));
            assert_ne!(options.unwrap(), of_mysql("").unwrap(), "{name}");
        }
        for setting in ["options[search_path]=web", "options%5Bsearch_path%5D=web"] {
            let options = of_postgres(setting).unwrap();
            assert!(options.contains("search_path=web"), "{options}");
        }
    }

    /// Asserts that parameters are refused, and their values neither shown nor logged.
    fn expect_refused(options: fn(&str) -> Result<String, String>, parameters: &str, part: &str) {
        let log = Log::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        let options = tracing::subscriber::with_default(subscriber, || options(parameters));
        let log = log.0.lock().unwrap();
        assert!(!log.contains("cret"), "{parameters}: {log}");
        let error = options.unwrap_err();
        assert!(error.contains(part), "{parameters}: {error}");
        assert!(error.contains("the driver reads `sslmode`, "), "{error}");
        assert!(!error.contains("cret"), "{parameters}: {error}");
    }

    #[test]
    fn a_parameter_that_the_driver_ignores_is_refused_by_its_name_alone() {
        for name in ["sslpassword", "passwrod", "application-name"] {
            let part = format!("parameter `{name}`: ");
            expect_refused(of_postgres, &format!("{name}=s3cret"), &part);
        }
        for name in ["user", "password", "sslrootcert", "SSL-MODE"] {
            let part = format!("parameter `{name}`: ");
            expect_refused(of_mysql, &format!("charset=x&{name}=s3cret"), &part);
        }
    }

    #[test]
    fn a_name_that_may_be_a_part_of_a_password_is_not_shown() {
        for parameters in [
            "s3cret",
            "secret",
            "s3cret=x",
            "options[s3cret=x",
            "password=a&secret",
            "password=a&secret=x",
        ] {
            expect_refused(of_postgres, parameters, "unknown parameter: ");
        }
    }

    /// All that is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    impl<S: Subscriber> Layer<S> for Log {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut &*self);
        }
    }

    impl Visit for &Log {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            let text = format!("{field}={value:?} ");
            self.0.lock().unwrap().push_str(&text);
        }
    }
}
