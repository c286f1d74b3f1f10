//! A pool on a server: the same code for each database, with other types.

macro_rules! site_on_a_server {
    ($Pool:ty, $PoolOptions:ty, $Store:ty, $database:expr) => {
        /// A server, and the pool that the store shares with the rest of the application.
        pub(crate) struct Site {
            // Closed before the server ends.
            pub(crate) pool: $Pool,
            pub(crate) server: test_servers::Server,
            /// The connections that the pool has opened.
            pub(crate) opened: $crate::databases::Counter,
        }

        impl Site {
            /// On a server that loses nothing.
            pub(crate) async fn durable(connections: u32) -> Self {
                let server = test_servers::Server::start($database);
                Self::on(server.unwrap(), connections).await
            }

            /// On a server that may lose what it has acknowledged when it is killed.
            pub(crate) async fn fast(connections: u32) -> Self {
                let server = test_servers::Setup::of($database).without_durability();
                Self::on(server.start().unwrap(), connections).await
            }

            pub(crate) async fn on(server: test_servers::Server, connections: u32) -> Self {
                let opened = $crate::databases::Counter::default();
                let options = $crate::databases::counted!($PoolOptions, opened);
                let pool = options.max_connections(connections);
                let pool = pool.connect(&server.url()).await.unwrap();
                Self {
                    pool,
                    server,
                    opened,
                }
            }

            /// Replaces the pool with one whose connections go through the proxy.
            pub(crate) async fn connect_through(
                &mut self,
                proxy: &session_test_support::Proxy,
                connections: u32,
            ) {
                let url = self.server.url_through(proxy.address());
                let options = <$PoolOptions>::new().max_connections(connections);
                self.pool = options.connect(&url).await.unwrap();
            }

            /// The store that a configuration describes, with connections through the proxy.
            pub(crate) async fn configured_through(
                &self,
                proxy: &session_test_support::Proxy,
                connections: u32,
            ) -> $Store {
                let url = self.server.url_through(proxy.address());
                let mut config = session_sqlx::SqlSessionConfig::new(url.parse().unwrap());
                config.max_connections = std::num::NonZeroU32::new(connections);
                <$Store>::from_config(&config).await.unwrap()
            }

            /// The store, with its table.
            pub(crate) async fn store(&self) -> session::SessionStore {
                self.migrate().await.unwrap();
                <$Store>::new(self.pool.clone()).into()
            }

            pub(crate) async fn migrate(&self) -> Result<(), session::StoreError> {
                <$Store>::new(self.pool.clone()).migrate().await
            }
        }

        $crate::databases::statements!(Site);
    };
}
pub(crate) use site_on_a_server;
