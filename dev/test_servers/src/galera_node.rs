//! The state in which a node of a Galera cluster starts.

/// The setting of the node that starts a cluster.
pub(crate) const FIRST: &str = "wsrep-cluster-address=gcomm://";

/// The file in the data folder that tells a node which changes its data contain.
pub(crate) const STATE: &str = "grastate.dat";

/// The name of the history of changes.
const HISTORY: &str = "5e551045-0000-4000-8000-000000000000";

/// Returns `true` if the settings are those of a node.
pub(crate) fn is_node(settings: &[String]) -> bool {
    settings.iter().any(|it| it.starts_with("wsrep-on="))
}

/// Returns the text of the file [`STATE`] with which a node copies no data from others. The data of
/// all nodes begin equal.
pub(crate) fn state(settings: &[String]) -> String {
    let is_first = settings.iter().any(|it| it == FIRST);
    // The start of the first node is a change, too.
    let (changes, starts_a_cluster) = if is_first { (1, 1) } else { (2, 0) };
    format!(
        "# GALERA saved state\n\
         version: 2.1\n\
         uuid: {HISTORY}\n\
         seqno: {changes}\n\
         safe_to_bootstrap: {starts_a_cluster}\n"
    )
}
