//! The public stores: the same for each database except for their names.

/// Defines a public store around an `Arc<SqlStore<…>>`: a storage backend that forwards to it.
macro_rules! store {
    ($(#[$documentation:meta])* $Store:ident, $Pool:ident, $Dialect:ident) => {
        $(#[$documentation])*
        #[derive(Clone)]
        pub struct $Store {
            store: std::sync::Arc<crate::sql_store::SqlStore<$Dialect>>,
            /// Ends with the last clone.
            _sweeper: Option<std::sync::Arc<crate::setup::BackgroundSweeper>>,
        }

        impl $Store {
            /// Returns a store that uses the connections of a pool, which the application may use
            /// for its own tables, too.
            ///
            /// Call [`migrate`](Self::migrate) before the first operation, and see
            /// [`with_sweeper`](Self::with_sweeper).
            pub fn new(pool: $Pool) -> Self {
                Self::with_table(pool, crate::table::TableName::default())
            }

            /// Returns a store whose table has another name than `sessions`.
            pub fn with_table(pool: $Pool, table: crate::table::TableName) -> Self {
                let source = crate::source::Source::Application(pool);
                Self::of(crate::sql_store::SqlStore::new(source, table))
            }

            fn of(store: crate::sql_store::SqlStore<$Dialect>) -> Self {
                Self { store: std::sync::Arc::new(store), _sweeper: None }
            }

            /// Creates the table, or brings it to the form that this release needs.
            ///
            /// Call it at each start; any number of servers may do so at once. It runs the scripts
            /// that were not run yet; if there are none, it only reads. See
            /// [the crate](crate#changes-of-the-schema) for changes of the schema.
            ///
            /// # Errors
            ///
            /// Returns [`StoreError`](session::StoreError) if the database fails, if it does not
            /// let this user create tables, or if another program made a table of that name.
            pub async fn migrate(&self) -> Result<(), session::StoreError> {
                self.store.migrate().await
            }

            /// Returns `true` if the table has the form that this release needs, so that
            /// [`migrate`](Self::migrate) would do nothing. It only reads.
            ///
            /// # Errors
            ///
            /// Returns [`StoreError`](session::StoreError) if the database fails, or if another
            /// program made a table of that name.
            pub async fn is_migrated(&self) -> Result<bool, session::StoreError> {
                self.store.is_migrated().await
            }

            /// Deletes expired sessions in the background, every five minutes, as long as a clone
            /// of the returned store exists.
            ///
            /// For another interval, run a [`Sweeper`](session::store::Sweeper) instead.
            ///
            /// # Panics
            ///
            /// Panics outside a Tokio runtime.
            #[must_use]
            pub fn with_sweeper(self) -> Self {
                let swept = Self { _sweeper: None, ..self.clone() };
                let closed = swept.store.clone().closed();
                let sweeper = crate::setup::BackgroundSweeper::start(swept.into(), closed);
                Self { _sweeper: Some(std::sync::Arc::new(sweeper)), ..self }
            }

            /// Returns the name of the table with the records.
            pub fn table(&self) -> &crate::table::TableName {
                self.store.table()
            }
        }

        impl From<$Store> for session::SessionStore {
            fn from(store: $Store) -> Self {
                Self::new(store)
            }
        }

        /// Shows the name of the table, and nothing of the connections.
        impl std::fmt::Debug for $Store {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($Store))
                    .field("table", &self.table().as_str())
                    .finish_non_exhaustive()
            }
        }

        #[async_trait::async_trait]
        impl session::store::SessionStorageBackend for $Store {
            async fn create(
                &self,
                record: &std::sync::Arc<session::store::SessionRecord>,
            ) -> Result<session::store::CreateOutcome, session::StoreError> {
                self.store.create(record).await
            }

            async fn load(
                &self,
                id: session::SessionId,
            ) -> Result<Option<std::sync::Arc<session::store::SessionRecord>>, session::StoreError>
            {
                Ok(self.store.load(id).await?.map(std::sync::Arc::new))
            }

            async fn replace(
                &self,
                record: &std::sync::Arc<session::store::SessionRecord>,
                expected: session::store::Revision,
            ) -> Result<session::store::ReplaceOutcome, session::StoreError> {
                self.store.replace(record, expected).await
            }

            async fn touch(
                &self,
                id: session::SessionId,
                expected: &session::store::SecretHash,
                extension: session::store::Extension,
            ) -> Result<session::store::TouchOutcome, session::StoreError> {
                self.store.touch(id, expected, extension).await
            }

            async fn delete(
                &self,
                id: session::SessionId,
                expected: Option<&session::store::SecretHash>,
            ) -> Result<bool, session::StoreError> {
                self.store.delete(id, expected).await
            }

            async fn delete_expired(
                &self,
                before: time::UtcDateTime,
                batch: std::num::NonZeroU32,
            ) -> Result<u64, session::StoreError> {
                self.store.delete_expired(before, batch).await
            }

            async fn delete_created_until(
                &self,
                until: time::UtcDateTime,
                batch: std::num::NonZeroU32,
                from: Option<&session::store::WalkCursor>,
            ) -> Result<session::store::DeletionStep, session::StoreError> {
                self.store.delete_created_until(until, batch, from).await
            }

            async fn all_sessions(
                &self,
                batch: std::num::NonZeroU32,
                from: Option<&session::store::WalkCursor>,
            ) -> Result<session::store::SessionsStep, session::StoreError> {
                self.store.all_sessions(batch, from).await
            }

            async fn sessions_of(
                &self,
                principal: &session::Principal,
                page: session::store::Page,
            ) -> Result<Vec<session::store::SessionSummary>, session::StoreError> {
                self.store.sessions_of(principal, page).await
            }

            async fn delete_all_of(
                &self,
                principal: &session::Principal,
                except: Option<session::SessionId>,
            ) -> Result<u64, session::StoreError> {
                self.store.delete_all_of(principal, except).await
            }

            async fn delete_all_of_origin(
                &self,
                origin: &session::store::OriginHash,
            ) -> Result<u64, session::StoreError> {
                self.store.delete_all_of_origin(origin).await
            }
        }
    };
}
pub(crate) use store;
