//! The sockets of a process: whom they talk to.

use std::collections::HashMap;

use procfs::net::{TcpNetEntry, TcpState, UdpNetEntry, UnixNetEntry};
use procfs::process::Process;

use super::socket_diag::{self, UnixSocket};
use crate::diagnose::process::Target;

/// What is known of the sockets of one network namespace, read once for all that share it.
pub(super) struct Sockets {
    tcp: HashMap<u64, TcpNetEntry>,
    udp: HashMap<u64, UdpNetEntry>,
    unix: HashMap<u64, UnixNetEntry>,
    of_unix: HashMap<u64, UnixSocket>,
    silences: HashMap<u64, u64>,
}

impl Sockets {
    /// Those of the namespace in which a process is.
    pub(super) fn of(pid: u32) -> Self {
        let process = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok());
        let process = process.as_ref();
        let tcp = process.into_iter().flat_map(|process| process.tcp().into_iter().chain(process.tcp6()));
        let udp = process.into_iter().flat_map(|process| process.udp().into_iter().chain(process.udp6()));
        let unix = process.and_then(|process| process.unix().ok()).into_iter().flatten();
        Self {
            tcp: tcp.flatten().filter(|entry| entry.inode != 0).map(|entry| (entry.inode, entry)).collect(),
            udp: udp.flatten().map(|entry| (entry.inode, entry)).collect(),
            unix: unix.map(|entry| (entry.inode, entry)).collect(),
            of_unix: socket_diag::unix_sockets(),
            silences: socket_diag::silences_of_tcp_peers(),
        }
    }

    /// The socket of that number, and the number of the one at its other end, where it is on this host.
    pub(super) fn get(&self, inode: u64) -> (Target, Option<u64>) {
        if let Some(entry) = self.tcp.get(&inode) {
            return self.tcp_socket(entry);
        }
        let (protocol, local, peer, state, other) = if let Some(entry) = self.udp.get(&inode) {
            ("udp", Some(entry.local_address.to_string()), named_peer(entry.remote_address), None, None)
        } else if let Some(entry) = self.unix.get(&inode) {
            let path = |entry: &UnixNetEntry| Some(entry.path.as_ref()?.to_string_lossy().into_owned());
            let told = self.of_unix.get(&inode);
            let other = told.and_then(|told| told.peer);
            let peer = other.and_then(|other| path(self.unix.get(&other)?));
            let state = told.filter(|told| told.listens).map(|_| "listen".to_owned());
            ("unix", path(entry), peer, state, other)
        } else {
            ("socket", None, None, None, None)
        };
        let protocol = protocol.to_owned();
        (Target::Socket { protocol, local, peer, state, others: Vec::new(), silent_ms: None }, other)
    }

    fn tcp_socket(&self, entry: &TcpNetEntry) -> (Target, Option<u64>) {
        let is_other = |other: &&TcpNetEntry| {
            other.local_address == entry.remote_address && other.remote_address == entry.local_address
        };
        let other = match entry.state {
            TcpState::Listen => None,
            _ => self.tcp.values().find(is_other).map(|other| other.inode),
        };
        let target = Target::Socket {
            protocol: "tcp".to_owned(),
            local: Some(entry.local_address.to_string()),
            peer: named_peer(entry.remote_address),
            state: Some(words(&format!("{:?}", entry.state))),
            others: Vec::new(),
            silent_ms: self.silences.get(&entry.inode).copied(),
        };
        (target, other)
    }
}

/// Whom a socket talks to; a peer without a port is none.
fn named_peer(address: std::net::SocketAddr) -> Option<String> {
    (address.port() != 0).then(|| address.to_string())
}

/// `SynSent` as `syn_sent`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (place, character) in name.chars().enumerate() {
        if character.is_ascii_uppercase() && place > 0 {
            words.push('_');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}
