//! The run screen:
//! ```text
//!  task-42 › build › run-7   ● running 12m04s   codex   pid 4121   seq 18 204   1 gap   ckpt 3
//! ─ merged by seq · follow ────────────────────────── ■1 worker  ■2 stdout  ■3 stderr ─
//!   18200  08:12:01.241  stdout  Compiling serde v1.0.228                              ▂
//!   ····· 2 entries missing (18202–18203) ·····                                        ▁
//! ▶ 18204  08:12:01.344  stdout  Proceed? [y/N] ▏                                      ▁
//! ─ ▼ 12 new below · G follows ─────────────────────────────────── 18 192/18 204 · 99% ─
//!  idle  worker 5s   stdout 4m12s   stderr 4m12s      rate ▁▂▇█▂▁▁▁▁  0/s
//!  ▲ waiting for input for 4m12s: `npm` (pid 4177) reads fd 0, the terminal /dev/pts/3   w why
//!  f follow   1–9 channel   G end   ? help   q quit
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Look, awaiting, entry, finding};
use crate::app::finding::Search;
use crate::app::layout::{RunLayout, Size};
use crate::app::log_pane::Window;
use crate::app::{Action, Judged, RunScreen, Said, ScreenKind};
use crate::display;
use crate::model::{ChannelState, Order};
use crate::run::{Manifest, Now, Status, record_name};
use crate::tui::text;
use crate::tui::theme::{Theme, sign, word};
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::density;
use crate::tui::widgets::footer;
use crate::tui::widgets::log_rows::LogRows;
use crate::tui::widgets::sparkline::sparkline;

/// What one name in the header may take, so that how the run is stays in sight.
const LONGEST_NAME: usize = 28;

/// Draws the screen. `leaves` is the word for leaving it.
pub fn draw(
    run: &RunScreen,
    judged: Option<&Judged>,
    said: Option<&Said>,
    leaves: &str,
    now: Now,
    look: &Look,
    buffer: &mut Buffer,
) {
    let size = Size { width: buffer.area.width, height: buffer.area.height };
    let layout = RunLayout::new(size);
    let window = run.window(size, now);
    let theme = look.theme;
    bar::draw(buffer, row(size, 0, 1), header(run, judged, now, theme), 3);

    bar::rule(buffer, row(size, 1, 0), theme.faint());
    bar::draw(buffer, row(size, 1, 1), upper_rule(run, size.width, theme), 1);

    let log = Rect { x: 0, y: layout.log_top, width: size.width, height: layout.log_height };
    if window.rows.is_empty() {
        awaiting(buffer, log, &what_is_awaited(run, look));
    }
    if run.model().ending().is_none() {
        density::draw(buffer, log, log.width - layout.log_width, run.density().cells(), &window, theme);
    }
    let log = Rect { width: layout.log_width, ..log };
    let marks = run.marks(&window);
    let chosen = run.pane().chosen(run.model());
    let rows = LogRows {
        chosen: chosen.as_ref(),
        marks: &marks,
        channels: run.model().channels(),
        window: &window,
        highest_seq: run.model().counts().highest_seq,
        hits: run.finding().search().map(Search::pattern),
        shifted: run.pane().left() > 0,
        times: run.times(),
        began: run.began(),
        above: run.time_above(&window),
        zone: &look.zone,
        theme,
    };
    rows.draw(buffer, log);

    bar::rule(buffer, row(size, layout.lower_rule, 0), theme.faint());
    bar::draw(buffer, row(size, layout.lower_rule, 1), lower_rule(run, &window, look), 1);

    bar::draw(buffer, row(size, layout.clocks, 1), clocks(run, now, look), 3);

    if let Some(y) = layout.verdict {
        bar::draw(buffer, row(size, y, 1), verdict(run, judged, look), 3);
    }

    if run.finding().lists_filters() {
        finding::filters(run.finding().filters(), size, look, buffer);
    }
    if let Some(entry) = run.entry() {
        return entry::draw(entry, size, said, look, buffer);
    }
    let last = row(size, layout.footer, 1);
    if run.finding().line().is_some() {
        bar::blank(buffer, row(size, layout.footer, 0));
    }
    if finding::last_row(run, last, look, buffer) || run.finding().lists_filters() {
        return;
    }
    match run.notice().filter(|_| said.is_none()) {
        Some((notice, of)) => bar::draw(buffer, last, notice_pieces(&notice, of, look), 3),
        None => footer::or_said(buffer, last, said, ScreenKind::Run, leaves, look),
    }
}

pub(super) fn row(size: Size, y: u16, margin: u16) -> Rect {
    Rect { x: margin, y, width: size.width.saturating_sub(2 * margin), height: 1 }
}

fn header(run: &RunScreen, judged: Option<&Judged>, now: Now, theme: Theme) -> Vec<Piece> {
    let (model, status) = (run.model(), run.status());
    let (manifest, state, counts) = (model.manifest(), model.state(), model.counts());
    let identity = identity(manifest, theme);
    let elapsed = elapsed(run, now).map(display::duration::short);
    let stuck = judged.filter(|judged| judged.verdict.alarm && status == Status::Running);
    let (status_text, style) = match (stuck, &elapsed) {
        (Some(judged), _) => {
            let since = judged.verdict.since.map(|since| display::duration::short(now.wall.since(since)));
            (format!("▲ stuck {}", since.unwrap_or_default()), theme.warning())
        }
        (None, Some(elapsed)) => {
            (format!("{} {} {elapsed}", sign(status), word(status)), theme.status(status))
        }
        (None, None) => (format!("{} {}", sign(status), word(status)), theme.status(status)),
    };
    let mut pieces = vec![Piece::of(identity, 0), Piece::new(status_text.trim_end(), style, 0)];
    let mut add = |text: String, style, rank| pieces.push(Piece::new(text, style, rank));
    if let Some(elapsed) = elapsed.filter(|_| stuck.is_some()) {
        add(elapsed, theme.faint(), 3);
    }
    if let Some(usual) = judged.and_then(|judged| judged.facts.usual_elapsed()) {
        add(format!("usually {}", display::duration::short(usual)), theme.faint(), 4);
    }
    if let Some(ended) = how_it_ended(run) {
        add(ended, theme.status(status), 2);
    }
    if let (Some(index), Some(of)) = (manifest.step_index, manifest.step_count) {
        add(format!("step {index}/{of}"), theme.faint(), 7);
    }
    if !manifest.worker_kind.is_empty() {
        add(display::one_line(&manifest.worker_kind), theme.faint(), 6);
    }
    if let Some(pid) = state.and_then(|state| state.pid).filter(|_| status == Status::Running) {
        add(format!("pid {pid}"), theme.faint(), 5);
    }
    if let Some(seq) = counts.highest_seq {
        add(format!("seq {}", text::number(seq)), theme.faint(), 4);
    }
    if counts.gaps > 0 {
        add(text::count(counts.gaps, "gap"), theme.warning(), 1);
    }
    let names = model.checkpoint_names().iter();
    let checkpoints = names.filter(|name| record_name::parse(name.as_bytes()).is_some()).count();
    if checkpoints > 0 {
        add(format!("ckpt {checkpoints}"), theme.faint(), 3);
    }
    pieces
}

/// Who a run is: `task › step › run`.
pub(super) fn identity(manifest: &Manifest, theme: Theme) -> Vec<(String, Style)> {
    let step = if manifest.step_name.is_empty() { &manifest.step_id } else { &manifest.step_name };
    let mut identity = Vec::new();
    for (part, style) in
        [(&manifest.task_id, theme.faint()), (step, theme.strong()), (&manifest.run_id, theme.faint())]
    {
        if !part.is_empty() {
            if !identity.is_empty() {
                identity.push((" › ".to_owned(), theme.faint()));
            }
            identity.push((display::one_line_within(part, LONGEST_NAME), style));
        }
    }
    identity
}

fn elapsed(run: &RunScreen, now: Now) -> Option<Duration> {
    let state = run.model().state();
    let began = run.began()?;
    let end = match run.status() {
        Status::Running | Status::Prepared => Some(now.wall),
        _ => state
            .and_then(|state| state.finished_at)
            .or_else(|| run.model().channels().iter().filter_map(|channel| channel.last_time).max()),
    };
    Some(end?.since(began))
}

fn how_it_ended(run: &RunScreen) -> Option<String> {
    let state = run.model().state()?;
    if run.status() == Status::Lost {
        let pid = state.recorder.map(|recorder| recorder.pid).or(state.pid)?;
        return Some(format!("recorder {pid} is gone"));
    }
    let signal = state.signal.map(|signal| format!("signal {signal}"));
    signal.or_else(|| state.exit_code.map(|code| format!("exit {code}"))).filter(|_| run.status().has_ended())
}

fn upper_rule(run: &RunScreen, width: u16, theme: Theme) -> Vec<Piece> {
    let order = match (run.model().order(), width) {
        (Order::Seq, 70..) => "merged by seq",
        (Order::Time, 70..) => "merged by time",
        (Order::Seq, _) => "by seq",
        (Order::Time, _) => "by time",
        (Order::File, _) => "file by file",
    };
    let (mode, style) = match (run.caught_up() && run.model().progress().is_none(), run.pane().follows()) {
        (false, _) => (reading(run), theme.warning()),
        (true, true) => ("follow".to_owned(), theme.strong()),
        (true, false) => ("held".to_owned(), theme.warning()),
    };
    let title = vec![
        (format!(" {order} "), theme.faint()),
        ("·".to_owned(), theme.faint()),
        (format!(" {mode} "), style),
    ];
    let mut pieces = vec![Piece::of(title, 0)];
    pieces.extend(finding::kept_piece(run, theme));
    for (index, channel) in run.model().channels().iter().enumerate().take(9) {
        let hidden = run.pane().selection().hides(&channel.channel);
        let (square, style) =
            if hidden { ("□", theme.faint()) } else { ("■", theme.channel(&channel.channel)) };
        let name = display::one_line_within(channel.channel.name(), 12);
        let spans = vec![(format!(" {square}"), style), (format!("{} {name} ", index + 1), style)];
        pieces.push(Piece::of(spans, 2).right());
    }
    pieces
}

/// How far reading a large run is.
fn reading(run: &RunScreen) -> String {
    match run.model().progress() {
        Some((read, total)) => format!("reading {}%", text::percent(read, total.max(1))),
        None => "reading …".to_owned(),
    }
}

fn lower_rule(run: &RunScreen, window: &Window, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let mut pieces = Vec::new();
    if !run.pane().follows() {
        let new = run.pane().new_below(run.model());
        let (told, style) = match new {
            0 => ("nothing new below".to_owned(), theme.faint()),
            new => (format!("▼ {} new below", text::number(new)), theme.warning()),
        };
        let key = look.keys.first_of(Action::Last);
        // It goes to the end without following while something is selected.
        let is_told = !key.is_empty() && run.pane().chosen(run.model()).is_none();
        let follows = if !is_told { " ".to_owned() } else { format!(" · {key} follows ") };
        pieces.push(Piece::of(vec![(format!(" {told}"), style), (follows, theme.faint())], 0));
    }
    pieces.extend(finding::chosen_piece(run, look));
    pieces.extend(finding::search_piece(run, theme));
    if run.wraps() {
        pieces.push(Piece::new(" wrapped ", theme.faint(), 2));
    }
    if let Some(name) = run.times().name() {
        pieces.push(Piece::new(format!(" {name} "), theme.faint(), 2));
    }
    if run.pane().left() > 0 {
        pieces.push(Piece::new(format!(" column {} ", run.pane().left() + 1), theme.faint(), 2));
    }
    if run.model().ending().is_some() {
        pieces.push(Piece::new(" the end of the log ", theme.warning(), 1).right());
    } else if window.entries > 0 {
        let (at, of) = (window.last + 1, window.entries);
        let place = if at == of {
            let noun = if of == 1 { "entry" } else { "entries" };
            format!(" {} {noun} ", text::number(of))
        } else {
            format!(" {}/{} · {}% ", text::number(at), text::number(of), text::percent(at, of))
        };
        pieces.push(Piece::new(place, theme.faint(), 1).right());
    }
    pieces
}

/// What an empty log is waiting for.
fn what_is_awaited(run: &RunScreen, look: &Look) -> Vec<String> {
    let path = look.path(run.model().directory().path());
    if !run.caught_up() {
        return vec![format!("reading {path} …")];
    }
    let all_hidden =
        run.model().channels().iter().all(|channel| run.pane().selection().hides(&channel.channel));
    if let Some((_, (searched, total))) = run.kept().filter(|_| !all_hidden) {
        let told = if searched < total {
            "no entry has passed the filters yet"
        } else {
            "no entry passes the filters"
        };
        let key = look.keys.first_of(Action::Filters);
        let lists = if key.is_empty() { String::new() } else { format!("{key} lists them") };
        return vec![told.to_owned(), lists];
    }
    if run.model().counts().entries > 0 {
        return vec!["every channel is hidden".to_owned(), "their numbers show them again".to_owned()];
    }
    if run.status().has_ended() {
        return vec!["the run ended without a single entry".to_owned()];
    }
    let files = "worker.jsonl, stdout.jsonl or stderr.jsonl";
    vec!["no entries yet".to_owned(), format!("waiting for {files} in {path}")]
}

/// The idle clocks, the rate, and everything that is not as it should be.
fn clocks(run: &RunScreen, now: Now, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let mut pieces = Vec::new();
    if run.has_clock() {
        let mut idle = vec![("idle".to_owned(), theme.faint())];
        for channel in run.model().channels() {
            if let Some(silent) = silence(channel, now) {
                idle.push((
                    format!("  {} ", display::one_line_within(channel.channel.name(), 12)),
                    theme.faint(),
                ));
                idle.push((display::duration::short(silent), theme.channel(&channel.channel)));
            }
        }
        if idle.len() > 1 {
            pieces.push(Piece::of(idle, 0));
        }
        let history = sparkline(&run.rate().history(now.monotonic));
        let rate = text::number(run.rate().per_second(now.monotonic));
        pieces.push(Piece::of(
            vec![
                ("rate ".to_owned(), theme.faint()),
                (history, theme.activity()),
                (format!(" {rate}/s"), theme.faint()),
            ],
            2,
        ));
    } else if let Some(ended) = run.model().state().and_then(|state| state.finished_at) {
        pieces.push(Piece::new(format!("ended {}", ended.time_of_day(&look.zone)), theme.faint(), 1));
        if let Some(message) = run.model().state().and_then(|state| state.message.as_deref()) {
            pieces.push(Piece::new(display::one_line(message), theme.faint(), 2));
        }
    }
    pieces.extend(levels(run, theme));
    pieces.extend(irregularities(run, theme));
    pieces
}

/// What is said of the run in a sentence, and the key that says why.
fn verdict(run: &RunScreen, judged: Option<&Judged>, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let Some(verdict) = judged.map(|judged| &judged.verdict) else {
        // Of a run whose folder is gone nothing is asked.
        let is_there = !run.model().notices().iter().any(|notice| notice.about.is_empty());
        let text = if run.has_clock() && is_there { "looking at its processes …" } else { "" };
        return vec![Piece::new(text, theme.faint(), 0)];
    };
    let sentence = display::one_line(&verdict.sentence);
    let (text, style) =
        if verdict.alarm { (format!("▲ {sentence}"), theme.warning()) } else { (sentence, theme.faint()) };
    let key = look.keys.first_of(Action::Why);
    let mut pieces = vec![Piece::new(text, style, 0)];
    if verdict.alarm && !key.is_empty() {
        let key = vec![(key, theme.key()), (" why".to_owned(), theme.faint())];
        pieces.push(Piece::of(key, 1).right());
    }
    pieces
}

fn silence(channel: &ChannelState, now: Now) -> Option<Duration> {
    let written = channel.last_time.map(|time| now.wall.since(time));
    written.or_else(|| channel.last_arrival.map(|arrival| now.monotonic.saturating_sub(arrival)))
}

/// The errors and warnings of the whole run.
fn levels(run: &RunScreen, theme: Theme) -> Vec<Piece> {
    let Some(counted) = run.levels() else { return Vec::new() };
    let more = if counted.is_complete { "" } else { "…" };
    let told =
        [("errors", counted.errors, 1, theme.error()), ("warnings", counted.warnings, 2, theme.warning())];
    let piece = |(name, count, rank, style)| {
        let (rank, style) = if count > 0 { (rank, style) } else { (3, theme.faint()) };
        let count = (format!("{}{more}", text::number(count)), style);
        Piece::of(vec![(format!("{name} "), theme.faint()), count], rank)
    };
    told.into_iter().map(piece).collect()
}

fn irregularities(run: &RunScreen, theme: Theme) -> Vec<Piece> {
    let counts = run.model().counts();
    let told = [
        ("malformed", counts.malformed, theme.error()),
        ("late", counts.late, theme.warning()),
        ("ties", counts.ties, theme.warning()),
        ("disorder", counts.disorder, theme.warning()),
        ("restarts", counts.restarts, theme.warning()),
    ];
    told.into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(name, count, style)| {
            let spans = vec![(format!("{name} "), theme.faint()), (text::number(count), style)];
            Piece::of(spans, 1)
        })
        .collect()
}

fn notice_pieces(notice: &str, of: usize, look: &Look) -> Vec<Piece> {
    let theme = look.theme;
    let more = if of > 1 { format!(" (1 of {of})") } else { String::new() };
    let text = format!("▲ {}{more}", display::one_line(notice));
    let mut pieces = vec![Piece::new(text, theme.warning(), 0), footer::dismiss(look, 1)];
    let help = look.keys.first_of(Action::Help);
    if !help.is_empty() {
        let spans = vec![(help, theme.key()), (" help".to_owned(), theme.faint())];
        pieces.push(Piece::of(spans, 2).right());
    }
    pieces
}
