//! What may happen to the files of a run, as operations that a random case is a list of.

use std::fmt;

use proptest::prelude::*;

/// The three log files: an operation names one by its place here.
pub(crate) const FILES: [&str; 3] = ["worker", "stdout", "stderr"];

/// Where a line stands by its seq, seen from the counter that all three files share.
#[derive(Clone, Debug)]
pub(crate) enum Seq {
    /// The next one.
    Next,
    /// So many seqs are left out before it.
    Gap(u64),
    /// The one that was given last, again.
    Tie,
    /// So far back.
    Back(u64),
    /// The counter begins again.
    Restart,
}

/// How a line is written.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// As the contract has it, with a text of so many bytes.
    Plain(usize),
    /// With the seq at the end of the object.
    SeqLate(usize),
    /// With a line end of two bytes.
    CarriageReturn,
    /// A lifecycle entry.
    Worker,
    /// A good beginning and a broken body.
    Broken,
    /// An object without a seq.
    NoSeq,
    /// Text with a time at its head.
    Timed,
    /// Text.
    Noise,
    /// Bytes that are no UTF-8.
    NotUnicode,
    /// Nothing.
    Empty,
}

/// A line that somebody writes.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) seq: Seq,
    pub(crate) shape: Shape,
}

/// What stands in the way of a file for a while. Permissions would not do: who tests may be root.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Obstacle {
    Directory,
    Fifo,
    /// A link that leads out of the root, which must not be followed.
    OutsideLink,
    /// A link to itself, which the system answers with an error.
    LinkLoop,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// Whole lines in one write, at the path; the file is made where it is missing.
    Append { file: usize, lines: Vec<Line> },
    /// The same into a file that stood at the path before: its writer does not know yet.
    AppendToPast { file: usize, past: usize, lines: Vec<Line> },
    /// The beginning of a line. Where another line follows before the rest, it is torn for ever.
    Tear { file: usize, line: Line, at: usize },
    /// At most so many bytes of the rest.
    Mend { file: usize, bytes: usize },
    /// Renamed, and made anew at once or by the next write.
    Rotate { file: usize, create: bool },
    /// The file that was renamed last comes back to its path.
    BringBack { file: usize },
    /// Copied aside and truncated to nothing.
    CopyTruncate { file: usize },
    /// The same with a writer that goes on at its old offset.
    CopyTruncateWithoutAppend { file: usize, line: Line },
    /// So many thousandths of the length are kept.
    Truncate { file: usize, keep: u64 },
    /// So many bytes are cut off the end.
    Shorten { file: usize, bytes: u64 },
    /// A file that stood at the path before is truncated.
    TruncatePast { file: usize, past: usize, keep: u64 },
    /// Truncated, then written past its old length with other lines before anybody looks.
    Overwrite { file: usize, keep: u64, line: Line },
    /// Truncated, then the same bytes again and more.
    RewriteSame { file: usize, lines: Vec<Line> },
    /// Removed.
    Remove { file: usize },
    /// Replaced by a rename; the new file begins with so many thousandths of the old one.
    Replace { file: usize, keep: u64, lines: Vec<Line> },
    /// The run directory is renamed; the next write makes a new one.
    RenameDirectory,
    /// The run directory is removed with all that is in it.
    RemoveDirectory,
    /// The path becomes a link to one of several files elsewhere below the root.
    Link { file: usize, to: usize },
    /// Something that cannot be read stands at the path; writers go on in the file.
    Block { file: usize, with: Obstacle },
    /// The file is back.
    Unblock { file: usize },
    /// From now on lines have seqs, or none.
    Seqs(bool),
    /// The reader looks.
    Poll,
    /// The reader looks at the logs that it knows.
    PollLogs,
    /// Everything rests, the reader catches up, and all is compared.
    Rest,
}

fn line() -> impl Strategy<Value = Line> {
    let seq = prop_oneof![
        20 => Just(Seq::Next),
        2 => (1..5_u64).prop_map(Seq::Gap),
        1 => Just(Seq::Tie),
        2 => (1..12_u64).prop_map(Seq::Back),
        1 => Just(Seq::Restart),
    ];
    let length = || {
        prop_oneof![
            4000 => 0..24_usize,
            400 => 40..300_usize,
            40 => 2_000..20_000_usize,
            1 => 262_000..263_000_usize,
        ]
    };
    let shape = prop_oneof![
        20 => length().prop_map(Shape::Plain),
        2 => length().prop_map(Shape::SeqLate),
        1 => Just(Shape::CarriageReturn),
        2 => Just(Shape::Worker),
        1 => Just(Shape::Broken),
        1 => Just(Shape::NoSeq),
        1 => Just(Shape::Timed),
        1 => Just(Shape::Noise),
        1 => Just(Shape::NotUnicode),
        1 => Just(Shape::Empty),
    ];
    (seq, shape).prop_map(|(seq, shape)| Line { seq, shape })
}

/// Few lines, or rarely so many that they take more than a block of the index.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let many =
        (100..200_usize).prop_map(|count| vec![Line { seq: Seq::Next, shape: Shape::Plain(0) }; count]);
    prop_oneof![30 => proptest::collection::vec(line(), 1..5), 1 => many]
}

fn file() -> impl Strategy<Value = usize> {
    0..FILES.len()
}

/// How much is kept: often nothing or all.
fn keep() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1000), 1..1000_u64]
}

/// What only adds to the files.
fn writing() -> impl Strategy<Value = Operation> {
    use Operation as O;
    prop_oneof![
        12 => (file(), lines()).prop_map(|(file, lines)| O::Append { file, lines }),
        2 => (file(), 0..4_usize, lines())
            .prop_map(|(file, past, lines)| O::AppendToPast { file, past, lines }),
        4 => (file(), line(), 0..60_usize).prop_map(|(file, line, at)| O::Tear { file, line, at }),
        4 => (file(), 1..60_usize).prop_map(|(file, bytes)| O::Mend { file, bytes }),
    ]
}

/// What takes away, moves or hides.
fn fault() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let obstacle = prop::sample::select(vec![
        Obstacle::Directory,
        Obstacle::Fifo,
        Obstacle::OutsideLink,
        Obstacle::LinkLoop,
    ]);
    prop_oneof![
        3 => (file(), any::<bool>()).prop_map(|(file, create)| O::Rotate { file, create }),
        1 => file().prop_map(|file| O::BringBack { file }),
        2 => file().prop_map(|file| O::CopyTruncate { file }),
        1 => (file(), line()).prop_map(|(file, line)| {
            O::CopyTruncateWithoutAppend { file, line }
        }),
        2 => (file(), keep()).prop_map(|(file, keep)| O::Truncate { file, keep }),
        2 => (file(), 1..80_u64).prop_map(|(file, bytes)| O::Shorten { file, bytes }),
        1 => (file(), 0..4_usize, keep()).prop_map(|(file, past, keep)| O::TruncatePast { file, past, keep }),
        2 => (file(), keep(), line()).prop_map(|(file, keep, line)| O::Overwrite { file, keep, line }),
        1 => (file(), lines()).prop_map(|(file, lines)| O::RewriteSame { file, lines }),
        1 => file().prop_map(|file| O::Remove { file }),
        2 => (file(), keep(), lines()).prop_map(|(file, keep, lines)| O::Replace { file, keep, lines }),
        1 => Just(O::RenameDirectory),
        1 => Just(O::RemoveDirectory),
        2 => (file(), 0..3_usize).prop_map(|(file, to)| O::Link { file, to }),
        1 => (file(), obstacle).prop_map(|(file, with)| O::Block { file, with }),
        2 => file().prop_map(|file| O::Unblock { file }),
        1 => any::<bool>().prop_map(O::Seqs),
    ]
}

fn looking() -> impl Strategy<Value = Operation> {
    prop_oneof![10 => Just(Operation::Poll), 2 => Just(Operation::PollLogs), 2 => Just(Operation::Rest)]
}

/// More rotations than files can be held, each of them looked at.
fn rapid_rotations() -> impl Strategy<Value = Vec<Operation>> {
    (file(), 1..12_usize, lines()).prop_map(|(file, times, lines)| {
        let append = Operation::Append { file, lines };
        vec![[append, Operation::Poll, Operation::Rotate { file, create: true }]; times].concat()
    })
}

/// A case: what happens, one thing after the other.
#[derive(Clone)]
pub(crate) struct Happenings(pub(crate) Vec<Operation>);

impl fmt::Debug for Happenings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|operation| write!(formatter, "\n    {operation:?}"))
    }
}

/// Any case.
pub(crate) fn happenings() -> impl Strategy<Value = Happenings> {
    let one = prop_oneof![4 => writing(), 3 => fault(), 4 => looking()].prop_map(|operation| vec![operation]);
    let some = prop_oneof![150 => one, 1 => rapid_rotations()];
    proptest::collection::vec(some, 1..40).prop_map(|some| Happenings(some.concat()))
}
