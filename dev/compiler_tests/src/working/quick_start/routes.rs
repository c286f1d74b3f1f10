use pavex::request::path::PathParams;
use pavex::{Response, get, post};
use session::{Principal, Session, SessionError, StateKey};

const VISITS: StateKey<u64> = StateKey::new("visits");
const CART: StateKey<Vec<String>> = StateKey::new("cart");

#[get(path = "/visits")]
pub async fn index(session: &mut Session) -> Result<Response, SessionError> {
    let visits = session.update(VISITS, |n| n.unwrap_or(0) + 1).await?;
    Ok(Response::ok().set_typed_body(format!("visit number {visits}")))
}

#[PathParams]
pub struct AddToCart {
    pub product: String,
}

#[post(path = "/cart/{product}")]
pub async fn add_to_cart(
    params: PathParams<AddToCart>,
    session: &mut Session,
) -> Result<Response, SessionError> {
    let product = params.0.product;
    // The closure owns the product and clones it: it runs again if another request of this browser
    // has changed the cart in the meantime.
    let add = move |cart: Option<Vec<String>>| {
        let mut cart = cart.unwrap_or_default();
        cart.push(product.clone());
        cart
    };
    let cart = session.update(CART, add).await?;
    Ok(Response::ok().set_typed_body(cart.join(", ")))
}

#[post(path = "/login")]
pub async fn log_in(session: &mut Session) -> Result<Response, SessionError> {
    // Check the password first. The number is the key of the user in your database.
    let user = Principal::from(42_i64);
    // Of the visitor's values, only the cart stays: somebody else may have planted the others.
    session.log_in_keeping(user, [CART]).await?;
    Ok(Response::ok())
}

#[get(path = "/account")]
pub async fn account(principal: &Principal) -> Response {
    // Pavex calls this only for users who are logged in. Other visitors get a 401 or a redirect.
    Response::ok().set_typed_body(format!("the account of user {principal}"))
}

#[post(path = "/logout")]
pub async fn log_out(session: &mut Session) -> Response {
    session.log_out();
    Response::ok()
}
