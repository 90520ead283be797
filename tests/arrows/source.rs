//! Rust source as words and signs, without comments and literals: enough to see which modules a
//! file refers to.

/// One word or sign, and the line that it stands in.
struct Token {
    text: String,
    line: usize,
}

/// A source file.
pub(crate) struct Source {
    tokens: Vec<Token>,
}

/// A path that begins at the crate's root, by its first name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The first name after the root.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) line: usize,
}

impl Source {
    /// Splits `text`.
    pub(crate) fn read(text: &str) -> Self {
        Self { tokens: Reader { rest: text, line: 1, tokens: Vec::new() }.read() }
    }

    /// Every word, with its line.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tokens.iter().map(|token| (token.text.as_str(), token.line))
    }

    /// Whether an attribute switches a lint off.
    pub(crate) fn allows_a_lint(&self) -> bool {
        self.finds(&["#", "[", "allow", "("]) || self.finds(&["#", "!", "[", "allow", "("])
    }

    fn finds(&self, words: &[&str]) -> bool {
        (0..self.tokens.len()).any(|place| self.begins(place, words))
    }

    fn begins(&self, place: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(step, word)| self.text(place + step) == *word)
    }

    fn text(&self, place: usize) -> &str {
        self.tokens.get(place).map_or("", |token| token.text.as_str())
    }

    /// The lines in which `kind::call` stands, but for those in a module `tests`.
    pub(crate) fn calls_outside_tests(&self, kind: &str, call: &str) -> Vec<usize> {
        let modules = self.inner_modules();
        (0..self.tokens.len())
            .filter(|place| self.begins(*place, &[kind, "::", call]))
            .filter(|place| !modules[*place].iter().any(|module| module == "tests"))
            .map(|place| self.tokens[place].line)
            .collect()
    }

    /// The paths that begin at the crate's root, written with `crate`, the crate's name or as many
    /// `super` as it takes. `depth` is that of the file's own module; the root's is 0.
    pub(crate) fn references(&self, depth: usize) -> Vec<Reference> {
        let modules = self.inner_modules();
        let mut found = Vec::new();
        for (place, around) in modules.iter().enumerate() {
            if place > 0 && self.text(place - 1) == "::" {
                continue;
            }
            match self.text(place) {
                "crate" | "stepwatch" if self.text(place + 1) == "::" => {
                    self.names_at(place + 2, &mut found);
                }
                "super" => {
                    let count =
                        (0..).take_while(|step| self.begins(place + 2 * step, &["super", "::"])).count();
                    if count == depth + around.len() {
                        self.names_at(place + 2 * count, &mut found);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The name at `place`, or the first names in the group that opens there.
    fn names_at(&self, place: usize, found: &mut Vec<Reference>) {
        if self.text(place) != "{" {
            self.name_at(place, found);
            return;
        }
        let mut depth = 0_usize;
        for inner in place..self.tokens.len() {
            match self.text(inner) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
            if depth == 1 && matches!(self.text(inner), "{" | ",") && self.text(inner + 1) != "}" {
                self.name_at(inner + 1, found);
            }
        }
    }

    fn name_at(&self, place: usize, found: &mut Vec<Reference>) {
        if let Some(token) = self.tokens.get(place) {
            found.push(Reference { name: token.text.clone(), line: token.line });
        }
    }

    /// For each token the modules of this file that it stands in.
    fn inner_modules(&self) -> Vec<Vec<String>> {
        let mut modules: Vec<(String, usize)> = Vec::new();
        let mut depth = 0_usize;
        let mut all = Vec::new();
        for place in 0..self.tokens.len() {
            match self.text(place) {
                "{" => {
                    depth += 1;
                    if place >= 2 && self.text(place - 2) == "mod" {
                        modules.push((self.text(place - 1).to_owned(), depth));
                    }
                }
                "}" => {
                    if modules.last().is_some_and(|(_, opened)| *opened == depth) {
                        modules.pop();
                    }
                    depth = depth.saturating_sub(1);
                }
                _ => {}
            }
            all.push(modules.iter().map(|(name, _)| name.clone()).collect());
        }
        all
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Token> {
        while let Some(first) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.skip(block_comment(self.rest));
            } else if let Some(length) = literal(self.rest) {
                self.skip(length);
            } else if self.rest.starts_with("::") {
                self.take(2);
            } else if is_word(first) {
                self.take(self.rest.find(|character| !is_word(character)).unwrap_or(self.rest.len()));
            } else if first.is_whitespace() {
                self.skip(first.len_utf8());
            } else {
                self.take(first.len_utf8());
            }
        }
        self.tokens
    }

    fn take(&mut self, length: usize) {
        self.tokens.push(Token { text: self.rest[..length].to_owned(), line: self.line });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut place = 0;
    while place < text.len() {
        let rest = &text.as_bytes()[place..];
        if rest.starts_with(b"/*") {
            depth += 1;
            place += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += 1;
        }
    }
    text.len()
}

/// The length of the text or character literal, or of the quote of a lifetime, that `text` begins
/// with.
fn literal(text: &str) -> Option<usize> {
    let after_prefix = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - after_prefix.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = after_prefix.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            let length = body.find(&end).map_or(body.len(), |place| place + end.len());
            return Some(prefix + 1 + hashes + 1 + length);
        }
    }
    if after_prefix.starts_with('"') {
        return Some(prefix + quoted(after_prefix, b'"'));
    }
    if let Some(after_quote) = after_prefix.strip_prefix('\'') {
        let mut inside = after_quote.chars();
        let first = inside.next()?;
        let is_character = first == '\\' || inside.next() == Some('\'');
        return Some(prefix + if is_character { quoted(after_prefix, b'\'') } else { 1 });
    }
    None
}

/// The length of the literal in the quote that `text` begins with.
fn quoted(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return place + 1,
            _ => {}
        }
    }
    text.len()
}
