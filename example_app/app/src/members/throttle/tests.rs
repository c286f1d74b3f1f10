use super::*;

const START: UtcDateTime = UtcDateTime::UNIX_EPOCH;

fn visitor(n: u32, now: UtcDateTime) -> Visitor {
    Visitor::new(IpAddr::V4(n.into()), now)
}

/// Returns the number of failed guesses for an account until the first refusal.
fn failures(throttle: &Throttle, name: &str, visitor: impl Fn(u32) -> Visitor) -> u32 {
    let guesses = (0..1_000).take_while(|n| throttle.begin(name, visitor(*n)).is_ok());
    u32::try_from(guesses.count()).unwrap()
}

#[test]
fn the_wait_doubles_with_each_failure_up_to_an_hour() {
    let throttle = Throttle::default();
    assert_eq!(failures(&throttle, "ada", |n| visitor(n, START)), 10);
    let (mut now, mut waits) = (START, Vec::new());
    for n in 0..15 {
        let refused = throttle.begin("ada", visitor(100 + n, now)).unwrap_err();
        waits.push(refused.wait.whole_seconds());
        now += refused.wait;
        throttle.begin("ada", visitor(100 + n, now)).unwrap();
    }
    let expected = [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600,
    ];
    assert_eq!(waits, expected);
}

#[test]
fn an_account_has_at_most_a_hundred_consecutive_failures() {
    let throttle = Throttle::default();
    throttle.remember("ada", visitor(0, START));
    let later = |n: u32| START + Duration::DAY * (n + 1);
    let from_elsewhere = failures(&throttle, "ada", |n| visitor(n + 1, later(n)));
    let from_home = failures(&throttle, "ada", |n| visitor(0, later(n)));
    assert_eq!((from_elsewhere, from_home), (50, 50));
    let refused = throttle.begin("ada", visitor(2_000, later(2_000)));
    assert_eq!(refused.unwrap_err().wait, Duration::HOUR);
}

#[test]
fn guesses_from_elsewhere_do_not_lock_a_member_out_where_they_have_logged_in() {
    let throttle = Throttle::default();
    let home = visitor(0, START);
    throttle.succeed(throttle.begin("ada", home).unwrap());
    failures(&throttle, "ada", |n| visitor(n + 1, START));
    assert!(throttle.begin("ada", visitor(1_000, START)).is_err());
    // The log-in at home also makes room for the member's next device.
    throttle.succeed(throttle.begin("ada", home).unwrap());
    assert!(throttle.begin("ada", visitor(1_000, START)).is_ok());
}

#[test]
fn guesses_for_other_accounts_do_not_lock_a_member_out_at_their_address() {
    let throttle = Throttle::default();
    let office = visitor(0, START);
    throttle.remember("ada", office);
    for n in 0..100 {
        _ = throttle.begin(&format!("colleague-{n}"), office);
    }
    assert!(throttle.begin("bob", office).is_err());
    assert!(throttle.begin("ada", office).is_ok());
}

#[test]
fn the_failures_of_an_address_are_forgiven_one_by_one() {
    let throttle = Throttle::default();
    let guess = |n: u32, now| throttle.begin(&format!("member-{n}"), visitor(0, now));
    for n in 0..20 {
        guess(n, START).unwrap();
    }
    assert_eq!(guess(20, START).unwrap_err().wait, Duration::MINUTE);
    let later = START + Duration::MINUTE;
    guess(21, later).unwrap();
    assert!(guess(22, later).is_err());
    let much_later = START + Duration::DAY;
    for n in 0..20 {
        guess(100 + n, much_later).unwrap();
    }
    assert!(guess(200, much_later).is_err());
}

#[test]
fn a_log_in_and_an_attempt_that_is_taken_back_are_not_failures() {
    let throttle = Throttle::default();
    for n in 0..100 {
        let attempt = throttle.begin("ada", visitor(0, START)).unwrap();
        throttle.take_back(attempt);
        let name = format!("member-{n}");
        throttle.succeed(throttle.begin(&name, visitor(0, START)).unwrap());
    }
    assert_eq!(failures(&throttle, "ada", |_| visitor(0, START)), 10);
}

#[test]
fn the_memory_is_bounded_and_a_flood_of_names_does_not_free_the_attacked_account() {
    let throttle = Throttle::default();
    failures(&throttle, "ada", |n| visitor(n, START));
    for n in 0..2_000 + u32::try_from(2 * CAPACITY).unwrap() {
        let now = START + Duration::milliseconds(n.into());
        let name = format!("flood-{n}");
        let attempt = throttle.begin(&name, visitor(1_000 + n, now)).unwrap();
        if n % 2 == 0 {
            throttle.succeed(attempt);
        }
    }
    let counts = throttle.lock();
    assert!(counts.accounts.0.len() <= CAPACITY && counts.known.0.len() <= CAPACITY);
    assert!(counts.addresses.0.len() <= CAPACITY);
    let ada = (counts.names.hash_one("ada"), Place::Unknown);
    assert_eq!(counts.accounts.0.get(&ada).unwrap().count, 10);
    let is_known = |name: &str| counts.known.0.contains_key(&counts.names.hash_one(name));
    assert!(is_known("flood-21998"));
    assert!(!is_known("flood-0"), "its last log-in is the oldest");
}
