use super::*;

#[test]
fn a_commit_that_loads_an_expired_session_again_goes_on_with_the_earlier_time() {
    let [earlier, now, later] = [1, 2, 3].map(|seconds| crate::clock::nearest(seconds * 1_000_000));
    for (after_load, expected) in [(earlier, earlier), (later, now)] {
        let mut step = CommitStep {
            commit: Commit {
                server_error: false,
                fails_on_discard: false,
            },
            now,
            confirmed: false,
        };
        step.follow(StoreStep::Reload, || after_load);
        assert_eq!(step.now, expected);
        assert!(step.confirmed);
    }
}
