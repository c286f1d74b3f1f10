//! The devices on which a member is logged in, and the ways to log out there.

use askama::Template;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::fresh::FiveMinutes;
use session::store::{Lifetime, SessionSummary};
use session::{FlashLevel, Fresh, Session, SessionId, SessionPolicy, SessionRegistry};
use time::UtcDateTime;

use super::login::to_goodbye;
use crate::errors::ShopError;
use crate::form::Form;
use crate::members::{CurrentUser, Device};
use crate::pages::html::{page, to_page};
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::pages::time::{activity, to_the_minute};

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    layout: Layout,
    devices: Vec<Row>,
}

struct Row {
    id: SessionId,
    name: String,
    is_handheld: bool,
    is_this_one: bool,
    is_remembered: bool,
    last_use: String,
    logged_in: String,
}

impl Row {
    fn new(summary: &SessionSummary, here: &Session, now: UtcDateTime, language: Language) -> Self {
        let label = summary.label.as_ref().map(|label| label.as_str());
        let logged_in = summary.authenticated_at.unwrap_or(summary.created_at);
        Self {
            id: summary.id,
            name: label.unwrap_or(language.texts().unknown_browser).to_owned(),
            is_handheld: label.is_some_and(Device::is_handheld),
            is_this_one: summary.is_current(here),
            is_remembered: summary.lifetime == Lifetime::Remembered,
            last_use: activity(summary.last_active_at, now, language),
            logged_in: to_the_minute(logged_in),
        }
    }
}

/// The session to end.
#[derive(Debug, Deserialize)]
pub struct DeviceForm {
    session: String,
}

/// Lists the devices on which the member is logged in.
///
/// An example of [`SessionRegistry::list`]: the summary of a session has its label, its times and
/// its lifetime, but not its state.
#[get(path = "/account/devices")]
pub async fn show_devices(
    user: &CurrentUser,
    session: &mut Session,
    sessions: &SessionRegistry,
    policy: &SessionPolicy,
    layout: Layout,
) -> Result<Response, ShopError> {
    let layout = layout.with_flashes(session).await?;
    let summaries = sessions.list(user.principal()).await?;
    let row = |summary| Row::new(summary, session, policy.now(), layout.language);
    let mut devices: Vec<_> = summaries.iter().map(row).collect();
    devices.sort_by_key(|device| !device.is_this_one);
    Ok(page(&DevicesPage { layout, devices })?)
}

/// Logs the member out on one device.
///
/// An example of [`SessionRegistry::revoke`]: it ends only sessions of the given principal, so the
/// id may come from a form. As each end of other sessions, it requires a [`Fresh`] log-in (OWASP
/// ASVS 5.0, 7.5.2), so that a stranger at an unlocked device cannot log the member out elsewhere.
#[post(path = "/account/devices/log-out")]
pub async fn log_out_device(
    user: &Fresh<CurrentUser, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
    language: Language,
    form: Form<DeviceForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let ended = match form.session.parse() {
        Ok(id) if session.id() == Some(id) => {
            session.log_out();
            return Ok(to_goodbye());
        }
        Ok(id) => sessions.revoke(user.principal(), id).await?,
        Err(_) => false,
    };
    let texts = language.texts();
    match ended {
        true => session.flash(FlashLevel::Success, texts.device_logged_out),
        false => session.flash(FlashLevel::Info, texts.device_logged_out_before),
    }
    .await?;
    Ok(to_devices())
}

/// Logs the member out on all other devices.
///
/// An example of [`SessionRegistry::revoke_others`] and [`Session::flash`]: the message appears on
/// the page that the redirect leads to.
#[post(path = "/account/devices/log-out-others")]
pub async fn log_out_others(
    _user: &Fresh<CurrentUser, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
    language: Language,
) -> Result<Response, ShopError> {
    sessions.revoke_others(session).await?;
    let text = language.texts().others_logged_out;
    session.flash(FlashLevel::Success, text).await?;
    Ok(to_devices())
}

/// Logs the member out on all devices, including this one.
///
/// An example of [`SessionRegistry::revoke_all`] with [`Session::log_out`], which removes the
/// cookie as well.
#[post(path = "/account/devices/log-out-everywhere")]
pub async fn log_out_everywhere(
    user: &Fresh<CurrentUser, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
) -> Result<Response, ShopError> {
    sessions.revoke_all(user.principal()).await?;
    session.log_out();
    Ok(to_goodbye())
}

fn to_devices() -> Response {
    to_page("/account/devices")
}
