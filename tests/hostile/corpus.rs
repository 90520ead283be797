//! The corpus: what may stand in untrusted text, from `corpus.tsv`.

/// What becomes of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It must never reach a terminal so.
    Hidden,
    /// It is the inside of a JSON string, and hides something there.
    Json,
    /// It may be shown.
    Plain,
}

/// One of the corpus.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
}

impl Sequence {
    /// The sequence as a JSON string, with the quotes. Bytes that are not UTF-8 stand in it so.
    pub(crate) fn json(&self) -> Vec<u8> {
        let mut json = vec![b'"'];
        for &byte in &self.bytes {
            match byte {
                _ if self.kind == Kind::Json => json.push(byte),
                b'"' | b'\\' => json.extend([b'\\', byte]),
                0..0x20 | 0x7f => json.extend(format!("\\u{byte:04x}").bytes()),
                _ => json.push(byte),
            }
        }
        json.push(b'"');
        json
    }

    /// The sequence as a name of a file: without slashes and NUL, and not too long.
    pub(crate) fn file_name(&self) -> std::ffi::OsString {
        use std::os::unix::ffi::OsStringExt as _;
        let kept = self.bytes.iter().copied().filter(|byte| !matches!(byte, b'/' | 0));
        std::ffi::OsString::from_vec(kept.take(150).collect())
    }

    /// The sequence as an argument or a variable, in which no NUL can stand.
    pub(crate) fn argument(&self) -> std::ffi::OsString {
        use std::os::unix::ffi::OsStringExt as _;
        std::ffi::OsString::from_vec(self.bytes.iter().copied().filter(|byte| *byte != 0).collect())
    }
}

/// All of them.
pub(crate) fn corpus() -> Vec<Sequence> {
    include_str!("corpus.tsv").lines().filter(|line| !line.starts_with("# ")).map(sequence).collect()
}

fn sequence(line: &str) -> Sequence {
    let [name, source, kind, escaped] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("four fields are to be in {line:?}");
    };
    assert!(!source.is_empty(), "{name} has no source");
    let kind = match kind {
        "hidden" => Kind::Hidden,
        "json" => Kind::Json,
        "plain" => Kind::Plain,
        _ => panic!("{name}: no such kind: {kind}"),
    };
    Sequence { name: name.to_owned(), kind, bytes: unescaped(escaped) }
}

fn unescaped(mut escaped: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((before, after)) = escaped.split_once('\\') {
        bytes.extend(before.bytes());
        escaped = if let Some(number) = after.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&number[..2], 16).unwrap());
            &number[2..]
        } else if let Some(number) = after.strip_prefix("u{") {
            let (number, rest) = number.split_once('}').unwrap();
            let character = char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap();
            bytes.extend(character.to_string().bytes());
            rest
        } else {
            bytes.push(b'\\');
            after.strip_prefix('\\').unwrap()
        };
    }
    bytes.extend(escaped.bytes());
    bytes
}
