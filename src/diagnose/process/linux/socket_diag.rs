//! What the kernel tells of sockets over netlink, and not in `/proc/net`: which two sockets of a Unix
//! pair belong together, and how long ago the peer of a TCP connection sent something.
//! See sock_diag(7). Only sockets of our own network namespace are told.

use std::collections::HashMap;

use rustix::fd::OwnedFd;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const HEADER: usize = 16;
/// What is received at a time, in bytes: the kernel fills up to 32 KiB.
const RECEIVED: usize = 64 << 10;
/// So many answers are read at most, so that a flood of sockets cannot hold us.
const MOST_ANSWERS: usize = 512;

/// What a Unix socket is to the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UnixSocket {
    /// The inode of the socket at its other end.
    pub(super) peer: Option<u64>,
    /// Whether it waits for somebody to connect.
    pub(super) listens: bool,
}

/// The Unix sockets by their inodes; none where the kernel does not answer.
pub(super) fn unix_sockets() -> HashMap<u64, UnixSocket> {
    const SHOW_PEER: u32 = 4;
    const PEER: u16 = 2;
    const LISTEN: u8 = 10;
    let mut request = vec![1, 0, 0, 0];
    for word in [u32::MAX, 0, SHOW_PEER, u32::MAX, u32::MAX] {
        request.extend(word.to_ne_bytes());
    }
    let mut found = HashMap::new();
    dump(&request, |message| {
        let inode = number(message, 4)?;
        let peer = attribute(message.get(16..)?, PEER).and_then(|value| number(value, 0));
        found.insert(
            u64::from(inode),
            UnixSocket {
                peer: peer.map(u64::from).filter(|peer| *peer != 0),
                listens: message.get(2) == Some(&LISTEN),
            },
        );
        Some(())
    });
    found
}

/// How many milliseconds ago the peers of TCP sockets sent something last, by the inodes of the sockets.
pub(super) fn silences_of_tcp_peers() -> HashMap<u64, u64> {
    const TCP: u8 = 6;
    const INFO: u16 = 2;
    /// Where `struct inet_diag_msg` has the inode, and where it ends.
    const INODE: usize = 68;
    const END: usize = 72;
    /// Where `struct tcp_info` has `tcpi_last_data_recv`.
    const LAST_RECEIVED: usize = 52;
    /// Only established connections, and those that one side has closed.
    const STATES: u32 = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 8);
    let mut found = HashMap::new();
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        let mut request = vec![u8::try_from(family.as_raw()).unwrap_or(0), TCP, 1 << (INFO - 1), 0];
        request.extend(STATES.to_ne_bytes());
        request.extend([0; 48]);
        dump(&request, |message| {
            let inode = number(message, INODE)?;
            let silence = number(attribute(message.get(END..)?, INFO)?, LAST_RECEIVED)?;
            found.insert(u64::from(inode), u64::from(silence));
            Some(())
        });
    }
    found
}

/// Asks for all sockets of a kind; `take` is given each answer. What fails ends it: nothing is known then.
fn dump(request: &[u8], mut take: impl FnMut(&[u8]) -> Option<()>) {
    let Some(socket) = ask(request) else { return };
    let mut buffer = vec![0; RECEIVED];
    for _ in 0..MOST_ANSWERS {
        let Ok((length, _)) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty()) else { return };
        if length == 0 || !read_messages(&buffer[..length.min(RECEIVED)], &mut take) {
            return;
        }
    }
}

fn ask(request: &[u8]) -> Option<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    let socket =
        socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::SOCK_DIAG)).ok()?;
    // The kernel answers at once; whatever stands in the way must not hold the verdict up.
    let patience = Some(std::time::Duration::from_secs(1));
    rustix::net::sockopt::set_socket_timeout(&socket, rustix::net::sockopt::Timeout::Recv, patience).ok()?;
    let mut message = Vec::with_capacity(HEADER + request.len());
    message.extend(u32::try_from(HEADER + request.len()).ok()?.to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(DUMP.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(request);
    sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).ok()?;
    Some(socket)
}

/// Reads the messages of one answer; whether more are to come.
fn read_messages(mut bytes: &[u8], take: &mut impl FnMut(&[u8]) -> Option<()>) -> bool {
    while let (Some(length), Some(kind)) = (number(bytes, 0), bytes.get(4..6)) {
        let length = length as usize;
        let kind = u16::from_ne_bytes([kind[0], kind[1]]);
        if length < HEADER || length > bytes.len() || matches!(kind, NLMSG_ERROR | NLMSG_DONE) {
            return false;
        }
        // One that is cut short is left out.
        let _ = take(&bytes[HEADER..length]);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    true
}

/// The value of an attribute among others: length, type, value, padded to four bytes.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let head = bytes.get(..4)?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        if length < 4 {
            return None;
        }
        if u16::from_ne_bytes([head[2], head[3]]) == wanted {
            return bytes.get(4..length);
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    fn inode(socket: &impl std::os::fd::AsFd) -> u64 {
        rustix::fs::fstat(socket).unwrap().st_ino
    }

    #[test]
    fn the_two_ends_of_a_pair_name_each_other() {
        let (one, other) = UnixStream::pair().unwrap();
        let found = unix_sockets();
        let end = |peer| UnixSocket { peer: Some(peer), listens: false };
        assert_eq!(found.get(&inode(&one)), Some(&end(inode(&other))));
        assert_eq!(found.get(&inode(&other)), Some(&end(inode(&one))));
    }

    #[test]
    fn a_peer_that_just_sent_something_is_told_from_one_that_never_did() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let silence = || silences_of_tcp_peers()[&inode(&client)];
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while silence() < 200 {
            assert!(std::time::Instant::now() < deadline, "the silence does not grow");
            std::thread::yield_now();
        }
        let before = silence();
        server.write_all(b"x").unwrap();
        while silence() >= before {
            assert!(std::time::Instant::now() < deadline, "what came is not seen");
        }
    }

    #[test]
    fn answers_that_are_cut_short_are_left_out() {
        assert!(read_messages(&[], &mut |_| panic!("there is none")));
        assert!(!read_messages(&[255, 0, 0, 0, 20, 0, 1, 0], &mut |_| panic!("it is longer than what came")));
        assert_eq!(attribute(&[0; 8], 2), None);
        assert_eq!(attribute(&[9, 0, 2, 0, 1], 2), None);
        assert_eq!(attribute(&[4, 0, 1, 0, 8, 0, 2, 0, 1, 2, 3, 4], 2), Some([1, 2, 3, 4].as_slice()));
    }
}
