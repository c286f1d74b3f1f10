/// Makes a public store of a struct around `Arc<SqlStore<…>>`: a storage backend that forwards to it.
macro_rules! forward {
    ($Store:ident) => {
        impl $Store {
            /// Creates the table, or brings it to the form that this release needs.
            ///
            /// Call it at each start, from as many servers at once as there are: it runs what is still
            /// to do, once, and otherwise only looks.
            /// See [the crate](crate#changes-of-the-schema) on how the schema changes.
            ///
            /// # Errors
            ///
            /// If the database fails, or does not let this user create tables.
            pub async fn migrate(&self) -> Result<(), session::StoreError> {
                self.0.migrate().await
            }

            /// The name of the table with the records.
            pub fn table(&self) -> &crate::TableName {
                self.0.table()
            }

            /// The statements that the operations run, e.g. for `EXPLAIN`.
            #[doc(hidden)]
            pub fn statements(&self) -> &crate::Statements {
                self.0.statements()
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
                self.0.create(record).await
            }

            async fn load(
                &self,
                id: session::SessionId,
            ) -> Result<Option<std::sync::Arc<session::store::SessionRecord>>, session::StoreError>
            {
                Ok(self.0.load(id).await?.map(std::sync::Arc::new))
            }

            async fn replace(
                &self,
                record: &std::sync::Arc<session::store::SessionRecord>,
                expected: session::store::Revision,
            ) -> Result<session::store::ReplaceOutcome, session::StoreError> {
                self.0.replace(record, expected).await
            }

            async fn touch(
                &self,
                id: session::SessionId,
                extension: session::store::Extension,
            ) -> Result<session::store::TouchOutcome, session::StoreError> {
                self.0.touch(id, extension).await
            }

            async fn delete(&self, id: session::SessionId) -> Result<(), session::StoreError> {
                self.0.delete(id).await
            }

            async fn delete_expired(
                &self,
                before: time::UtcDateTime,
                batch: std::num::NonZeroU32,
            ) -> Result<u64, session::StoreError> {
                self.0.delete_expired(before, batch).await
            }

            async fn sessions_of(
                &self,
                principal: &session::Principal,
            ) -> Result<Vec<session::store::SessionSummary>, session::StoreError> {
                self.0.sessions_of(principal).await
            }

            async fn delete_all_of(
                &self,
                principal: &session::Principal,
                except: Option<session::SessionId>,
            ) -> Result<u64, session::StoreError> {
                self.0.delete_all_of(principal, except).await
            }
        }
    };
}
pub(crate) use forward;
