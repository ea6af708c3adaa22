//! Source text that is written once and read twice: as plain Rust and as a resumable function.
//!
//! What stands between `ONLY_RESUMABLE` and `END` is left out of the plain text. The marks do not nest.

const ONLY_RESUMABLE: char = '\u{1}';
const END: char = '\u{2}';

/// Marks `text` as belonging to the resumable version alone.
pub(crate) fn resumable(text: &str) -> String {
    format!("{ONLY_RESUMABLE}{text}{END}")
}

/// The plain text, without attributes and sites.
pub(crate) fn to_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut skipping = false;
    for letter in text.chars() {
        match letter {
            END => skipping = false,
            ONLY_RESUMABLE => skipping = true,
            _ if skipping => {}
            _ => out.push(letter),
        }
    }
    without_empty_lines(&out)
}

/// The resumable text.
pub(crate) fn to_resumable(text: &str) -> String {
    without_empty_lines(&text.replace([ONLY_RESUMABLE, END], ""))
}

/// A line that held nothing but a mark is dropped whole.
fn without_empty_lines(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Whether it is one that needs no semicolon where it is the last of a block.
fn is_assignment(line: &str) -> bool {
    let words = ["let ", "const ", "static ", "type ", "return ", "break ", "if ", "match ", "for ", "while "];
    let line = line.trim_start();
    let begins = line.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !words.iter().any(|word| line.starts_with(word));
    begins && line.ends_with(';') && line.contains("= ") && !line.contains([ONLY_RESUMABLE, END, '{', '}'])
}

/// Lines with indentation.
#[derive(Default)]
pub(crate) struct Text {
    lines: String,
    depth: usize,
}

impl Text {
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        for _ in 0..self.depth {
            self.lines.push_str("    ");
        }
        self.lines.push_str(line.as_ref());
        self.lines.push('\n');
    }

    /// A line that opens a block.
    pub(crate) fn open(&mut self, line: impl AsRef<str>) {
        self.line(line);
        self.depth += 1;
    }

    /// A line that closes the innermost block.
    pub(crate) fn close(&mut self, line: impl AsRef<str>) {
        self.depth -= 1;
        let last = self.lines.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
        // Every third or so.
        if last.len().is_multiple_of(3) && is_assignment(last) {
            self.lines.truncate(self.lines.len() - ";\n".len());
            self.lines.push('\n');
        }
        self.line(line);
    }

    pub(crate) fn finish(self) -> String {
        debug_assert_eq!(self.depth, 0, "BUG: a block was left open");
        self.lines
    }
}
