use serde_json::json;

use crate::failure::Failure;
use crate::output::{print_json, print_line};
use crate::store::Store;
use crate::store_options::StoreOptions;

pub(super) async fn migrate(options: &StoreOptions, json: bool) -> Result<(), Failure> {
    let store = Store::migrate(options).await?;
    let (place, table) = (store.place().to_owned(), store.table().map(str::to_owned));
    store.close().await;
    match (json, table) {
        (true, table) => print_json(&json!({ "store": place, "table": table })),
        (false, Some(table)) => print_line(&format!(
            "The table `{table}` in {place} fits this release."
        )),
        (false, None) => print_line(&format!("{place} requires no table.")),
    }
}
