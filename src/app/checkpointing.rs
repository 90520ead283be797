//! What keys do about checkpoints: looking at them, and asking for new ones.

use super::action::Action;
use super::emission::PreviewRequest;
use super::prompt::Target;
use super::{App, CheckpointsScreen, Effect, Key, Prompt, Records, RunScreen, Said, truth};
use crate::checkpoint::{CheckpointError, Kind};
use crate::display;
use crate::run::{Manifest, Now};
use crate::tail::Batch;

impl App {
    pub(super) fn take_batch(&mut self, number: u64, batch: Batch, now: Now) -> Vec<Effect> {
        let size = self.size;
        let Some(run) = self.run.as_mut().filter(|run| run.number() == number) else { return Vec::new() };
        let names = run.model().checkpoint_names().len();
        let told_names =
            batch.changes.iter().any(|change| matches!(change, crate::tail::Change::Checkpoints(_)));
        if run.apply(batch, size, now) {
            self.changed = true;
            if let Some(prompt) = &mut self.prompt {
                prompt.run_changed(run.model());
            }
        }
        // Until they were read once they are being read anyhow.
        let is_news = told_names && (run.records().is_some() || names > 0);
        is_news.then_some(Effect::LookAtCheckpoints { number }).into_iter().collect()
    }

    pub(super) fn take_records(
        &mut self,
        number: u64,
        records: Records,
        settled: Result<Vec<String>, String>,
        now: Now,
    ) {
        let Some(run) = self.open_under(number) else { return };
        let again = settled.as_ref().ok().map(|again| again.join(", ")).filter(|again| !again.is_empty());
        run.take_records(records, settled.err());
        self.changed = true;
        if let Some(again) = again {
            let text = format!("a runner wrote over a checkpoint of ours: it was published again as {again}");
            self.say(Said::done(text, now));
        }
    }

    /// Whether an action is for here, given the screen that has the keys.
    pub(super) fn is_about_checkpoints(&self, action: Action) -> bool {
        self.prompt.is_some()
            || self.checkpoints.is_some()
            || matches!(action, Action::Checkpoints | Action::Summary | Action::LogTail | Action::GitDiff)
    }

    pub(super) fn act_on_checkpoints(&mut self, action: Action, now: Now) -> Vec<Effect> {
        match action {
            Action::Checkpoints => {
                if self.run.is_some() {
                    self.checkpoints = Some(CheckpointsScreen::default());
                }
                Vec::new()
            }
            Action::Summary => self.ask(Kind::Summary, now),
            Action::LogTail => self.ask(Kind::LogTail, now),
            Action::GitDiff => self.ask(Kind::GitDiff, now),
            _ if self.prompt.is_some() => self.act_on_prompt(action),
            _ => self.act_on_records(action, now),
        }
    }

    fn act_on_records(&mut self, action: Action, now: Now) -> Vec<Effect> {
        let (Some(screen), Some(run)) = (&mut self.checkpoints, &mut self.run) else { return Vec::new() };
        let Some(records) = run.records() else { return Vec::new() };
        match action {
            Action::Compare => {
                self.tickets += 1;
                return match screen.compare(records, self.tickets) {
                    Ok(Some((before, after))) => {
                        vec![Effect::Compare { ticket: self.tickets, before, after }]
                    }
                    Ok(None) => Vec::new(),
                    Err(why) => {
                        self.say(Said::trouble(why));
                        Vec::new()
                    }
                };
            }
            Action::Jump | Action::Copy | Action::View => {}
            other => {
                screen.act(other, records, self.size);
                return Vec::new();
            }
        }
        let Some(record) = screen.record(records) else {
            self.say(Said::trouble("there is no checkpoint yet"));
            return Vec::new();
        };
        match action {
            Action::Copy => {
                let path = display::path(record.path());
                self.say(Said::done(format!("copied: {path}"), now));
                vec![Effect::Copy(path)]
            }
            Action::View => vec![Effect::View(record.path().to_owned())],
            _ => {
                let (seq, log_seq) = (record.seq(), record.log_seq());
                self.jump(seq, log_seq);
                Vec::new()
            }
        }
    }

    fn jump(&mut self, checkpoint: u64, log_seq: Option<u64>) {
        let Some(run) = &mut self.run else { return };
        let said = match log_seq {
            None => Some(format!("checkpoint {checkpoint} does not say where in the log it stands")),
            Some(_) if run.model().order() != crate::model::Order::Seq => {
                Some("this log has no seqs, so that no checkpoint has a place in it".to_owned())
            }
            Some(seq) => {
                let was_read = run.go_to_seq(seq, self.size);
                self.checkpoints = None;
                (!was_read).then(|| format!("seq {seq}: {}", run.when_it_is_gone_to()))
            }
        };
        if let Some(said) = said {
            self.say(Said::trouble(said));
        }
    }

    /// Opens a prompt for a checkpoint of the open run, or of the runs that are chosen in the list.
    fn ask(&mut self, kind: Kind, now: Now) -> Vec<Effect> {
        let (targets, base) = match (&self.run, &self.runs) {
            (Some(run), _) => match target_of(run, now) {
                Ok(found) => (vec![found.0], found.1),
                Err(why) => return self.refuse(why),
            },
            (None, Some(runs)) => {
                let chosen = runs.chosen();
                let (on, off): (Vec<_>, Vec<_>) =
                    chosen.into_iter().partition(|run| disabled(&run.manifest).is_none());
                if on.is_empty() {
                    let why = off.first().and_then(|run| disabled(&run.manifest));
                    return self.refuse(why.unwrap_or_else(|| "there is no run yet".to_owned()));
                }
                let target = |run: &std::sync::Arc<super::RunSummary>| Target {
                    directory: run.directory.clone(),
                    label: label_of(&run.manifest),
                    truth: truth::of_summary(run, now),
                };
                let targets: Vec<Target> = on.into_iter().map(target).collect();
                (targets, None)
            }
            (None, None) => return Vec::new(),
        };
        self.tickets += 1;
        let model = self.run.as_ref().map(RunScreen::model);
        let (mut prompt, requests) = Prompt::new(kind, targets, model, self.tickets, base.as_deref());
        if let Some(sentence) = self.sentence() {
            prompt.begin_with(&sentence);
        }
        self.prompt = Some(prompt);
        self.previews(requests)
    }

    fn refuse(&mut self, why: impl Into<String>) -> Vec<Effect> {
        self.say(Said::trouble(why));
        Vec::new()
    }

    fn previews(&self, requests: Vec<PreviewRequest>) -> Vec<Effect> {
        let Some(prompt) = &self.prompt else { return Vec::new() };
        let ticket = prompt.ticket();
        requests.into_iter().map(|request| Effect::Preview { ticket, request }).collect()
    }

    fn act_on_prompt(&mut self, action: Action) -> Vec<Effect> {
        let model = self.run.as_ref().map(RunScreen::model);
        let Some(prompt) = &mut self.prompt else { return Vec::new() };
        match action {
            Action::Cancel => self.prompt = None,
            Action::Redact => prompt.toggle_redact(),
            Action::NextField => prompt.next_field(),
            Action::NewLine => return self.typed(Key::alt(super::KeyCode::Enter)),
            Action::Write if prompt.wants_other_base() => {
                let requests = prompt.refresh(model);
                return self.previews(requests);
            }
            Action::Write => {
                if let Some(emissions) = prompt.write(model) {
                    self.prompt = None;
                    if let Some(runs) = self.runs.as_mut().filter(|_| self.run.is_none()) {
                        runs.unmark_all();
                    }
                    return vec![Effect::Emit(emissions)];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// A key that is none of the screen's own: where something can be typed, it is typed.
    pub(super) fn typed(&mut self, key: Key) -> Vec<Effect> {
        let model = self.run.as_ref().map(RunScreen::model);
        let Some(prompt) = self.prompt.as_mut().filter(|_| self.help.is_none()) else { return Vec::new() };
        self.changed = true;
        let requests = prompt.key(key, model);
        self.previews(requests)
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        let model = self.run.as_ref().map(RunScreen::model);
        let Some(prompt) = self.prompt.as_mut().filter(|_| self.help.is_none()) else { return Vec::new() };
        self.changed = true;
        let requests = prompt.paste(text, model);
        self.previews(requests)
    }
}

/// The open run, and what it says that changes are taken against; or why it takes no checkpoint.
fn target_of(run: &RunScreen, now: Now) -> Result<(Target, Option<String>), String> {
    let manifest = run.model().manifest();
    if let Some(why) = disabled(manifest) {
        return Err(why);
    }
    let target = Target {
        directory: run.model().directory().clone(),
        label: label_of(manifest),
        truth: truth::of_run(run, now),
    };
    Ok((target, manifest.checkpoint_settings().git_diff_base_ref))
}

/// Why no checkpoint is made of a run.
fn disabled(manifest: &Manifest) -> Option<String> {
    let mode = manifest.checkpoint_settings().mode;
    (!mode.captures()).then(|| CheckpointError::Disabled(mode).to_string())
}

/// What a run is called among others.
fn label_of(manifest: &Manifest) -> String {
    match (manifest.task_id.as_str(), manifest.run_id.as_str()) {
        ("", run) => run.to_owned(),
        (task, "") => task.to_owned(),
        (task, run) => format!("{task}/{run}"),
    }
}
