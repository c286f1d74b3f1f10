//! Shops and their visitors.

mod browser;
mod databases;
mod process;
mod raw;
mod response;
mod shop;
mod store;

pub(crate) use browser::{Browser, NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD};
pub(crate) use databases::{test_on_mysql, test_on_postgres, test_on_redis, test_on_sqlite};
pub(crate) use process::ShopProcess;
pub(crate) use raw::{get, post, request};
pub(crate) use response::Response;
pub(crate) use shop::{TestShop, dev_config, prefixed_config, with_keys};
pub(crate) use store::TestStore;
