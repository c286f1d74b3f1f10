/// Bare `sqlx` on a database: the statements of the store, with values of the same record.
macro_rules! bare {
    ($database:ident, $Database:ident, $Store:ident) => {
        mod $database {
            use std::hint::black_box;
            use std::sync::Arc;

            use criterion::Criterion;
            use session::store::{SessionRecord, to_micros};
            use session_conformance::after;
            use session_sqlx::$database::$Store;
            use sqlx::query::Query;
            use sqlx::types::Uuid;
            use sqlx::{Database, Pool, $Database};
            use tokio::runtime::Runtime;

            use crate::harness::{
                self, Contender, Operation, Store, extension, filled, new_record,
            };
            use crate::statements::{Statements, statements};

            struct Bare {
                pool: Pool<$Database>,
                statements: Statements,
                record: Arc<SessionRecord>,
                revision: i64,
            }

            type Bound<'q> = Query<'q, $Database, <$Database as Database>::Arguments<'q>>;

            fn bind_fields<'q>(
                query: Bound<'q>,
                record: &'q Arc<SessionRecord>,
                revision: i64,
            ) -> Bound<'q> {
                let previous = record.previous_secret.as_ref();
                query
                    .bind(1_i16)
                    .bind(revision)
                    .bind(record.secret.as_bytes().as_slice())
                    .bind(to_micros(record.secret_issued_at))
                    .bind(previous.map(|previous| previous.hash.as_bytes().as_slice()))
                    .bind(previous.map(|previous| to_micros(previous.valid_until)))
                    .bind(previous.map(|previous| previous.successor.as_bytes().as_slice()))
                    .bind(record.principal.as_ref().map(|it| it.as_str().as_bytes()))
                    .bind(to_micros(record.created_at))
                    .bind(record.authenticated_at.map(to_micros))
                    .bind(to_micros(record.last_active_at))
                    .bind(to_micros(record.expires_at))
                    .bind(record.label.as_ref().map(|it| it.as_str().as_bytes()))
                    .bind(record.stamp.as_ref().map(|it| it.as_bytes().as_slice()))
                    .bind(record.origin.as_ref().map(|it| it.as_bytes().as_slice()))
                    .bind(i16::from(record.lifetime.as_u8()))
                    .bind(record.state.as_json().as_bytes())
            }

            impl Bare {
                async fn execute(&self, query: Bound<'_>) {
                    query.execute(&self.pool).await.unwrap();
                }

                async fn create_and_delete(&self) {
                    let new = black_box(new_record());
                    let id = new.id.as_uuid();
                    let query = sqlx::query(&self.statements.create).bind(id);
                    self.execute(bind_fields(query, &new, 1)).await;
                    self.execute(sqlx::query(&self.statements.delete).bind(id))
                        .await;
                }

                async fn load(&self, id: Uuid) {
                    let query = sqlx::query(&self.statements.load).bind(id);
                    black_box(query.fetch_optional(&self.pool).await.unwrap());
                }

                async fn replace(&mut self, id: Uuid) {
                    self.revision += 1;
                    let query = sqlx::query(&self.statements.replace);
                    let query = bind_fields(query, &self.record, self.revision);
                    let query = query.bind(id).bind(self.revision - 1);
                    black_box(query.fetch_optional(&self.pool).await.unwrap());
                }

                async fn touch(&self, id: Uuid) {
                    let query = sqlx::query(&self.statements.touch)
                        .bind(to_micros(extension().last_active_at))
                        .bind(to_micros(extension().expires_at))
                        .bind(id)
                        .bind(&self.record.secret.as_bytes()[..]);
                    black_box(query.fetch_optional(&self.pool).await.unwrap());
                }

                async fn delete_expired(&self) {
                    let query = sqlx::query(&self.statements.delete_expired);
                    self.execute(query.bind(to_micros(after(0))).bind(1_i64))
                        .await;
                }

                async fn sessions_of(&self) {
                    let query = sqlx::query(&self.statements.sessions_of);
                    let query = query.bind(&b"ada"[..]).bind(Uuid::nil());
                    let query = query.bind(i64::from(u32::MAX));
                    black_box(query.fetch_all(&self.pool).await.unwrap());
                }

                async fn delete_all_of(&self) {
                    let query = sqlx::query(&self.statements.delete_all_of);
                    let query = query.bind(&b"nobody"[..]).bind(None::<Uuid>);
                    self.execute(query).await;
                }
            }

            impl Contender for Bare {
                async fn run(&mut self, operation: Operation) {
                    let id = self.record.id.as_uuid();
                    match operation {
                        Operation::CreateAndDelete => self.create_and_delete().await,
                        Operation::Load => self.load(id).await,
                        Operation::Replace => self.replace(id).await,
                        Operation::Touch => self.touch(id).await,
                        Operation::DeleteExpired => self.delete_expired().await,
                        Operation::SessionsOf => self.sessions_of().await,
                        Operation::DeleteAllOf => self.delete_all_of().await,
                    }
                }
            }

            /// Compares both over one pool, with a table that is dropped in the end.
            pub(crate) fn compare(
                criterion: &mut Criterion,
                runtime: &Runtime,
                pool: Pool<$Database>,
            ) {
                let table = format!("bench_{}", std::process::id());
                let store = $Store::with_table(pool.clone(), table.parse().unwrap());
                let (statements, [record, other]) = runtime.block_on(async {
                    store.migrate().await.unwrap();
                    (statements(&store).await, filled(&store).await)
                });
                let bare = Bare {
                    pool: pool.clone(),
                    statements,
                    record: other,
                    revision: 1,
                };
                let store = Store { store, record };
                harness::compare(criterion, runtime, stringify!($database), store, bare);
                runtime.block_on(async {
                    for table in [format!("{table}_schema"), table] {
                        let drop = format!("DROP TABLE {table}");
                        sqlx::query(&drop).execute(&pool).await.unwrap();
                    }
                });
            }
        }
    };
}
pub(crate) use bare;
