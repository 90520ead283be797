//! The sockets of a process: whom they talk to.

use procfs::process::Process;

use crate::diagnose::process::Target;

/// The socket of that number in the network namespace of a process.
pub(super) fn socket(pid: u32, inode: u64) -> Target {
    let process = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok());
    process.and_then(|process| find(&process, inode)).unwrap_or_else(|| Target::Socket {
        protocol: "socket".to_owned(),
        local: None,
        peer: None,
        state: None,
    })
}

fn find(process: &Process, inode: u64) -> Option<Target> {
    let tcp = process.tcp().into_iter().chain(process.tcp6()).flatten().find(|entry| entry.inode == inode);
    if let Some(entry) = tcp {
        return Some(Target::Socket {
            protocol: "tcp".to_owned(),
            local: Some(entry.local_address.to_string()),
            peer: named_peer(entry.remote_address),
            state: Some(words(&format!("{:?}", entry.state))),
        });
    }
    let udp = process.udp().into_iter().chain(process.udp6()).flatten().find(|entry| entry.inode == inode);
    if let Some(entry) = udp {
        return Some(Target::Socket {
            protocol: "udp".to_owned(),
            local: Some(entry.local_address.to_string()),
            peer: named_peer(entry.remote_address),
            state: None,
        });
    }
    let unix = process.unix().ok()?.into_iter().find(|entry| entry.inode == inode)?;
    Some(Target::Socket {
        protocol: "unix".to_owned(),
        local: unix.path.map(|path| path.to_string_lossy().into_owned()),
        peer: None,
        state: None,
    })
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
