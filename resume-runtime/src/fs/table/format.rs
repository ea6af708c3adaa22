//! How a table is written down.

use serde::{Deserialize, Serialize};

/// How a table is written down, as the builders of `csv` have it; part of a snapshot, as a resume makes the reader or the
/// writer anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CsvFormat {
    delimiter: u8,
    quote: u8,
    double_quote: bool,
    escape: Option<u8>,
    terminator: Option<u8>,
    has_headers: bool,
    flexible: bool,
    quotes_all: bool,
    comment: Option<u8>,
    trims: bool,
}

impl Default for CsvFormat {
    fn default() -> CsvFormat {
        CsvFormat {
            delimiter: b',',
            quote: b'"',
            double_quote: true,
            escape: None,
            terminator: None,
            has_headers: true,
            flexible: false,
            quotes_all: false,
            comment: None,
            trims: false,
        }
    }
}

/// Makes the methods that set one field.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $field:ident = $value:expr;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> CsvFormat {
            self.$field = $value;
            self
        })*
    };
}

impl CsvFormat {
    /// Commas, double quotes where they are needed, a header.
    pub fn new() -> CsvFormat {
        CsvFormat::default()
    }

    setters! {
        /// What stands between fields; a comma otherwise.
        delimiter: u8 => delimiter = delimiter;
        /// What stands around fields; a double quote otherwise.
        quote: u8 => quote = quote;
        /// Whether a quote within a field is written twice, as it is otherwise.
        double_quote: bool => double_quote = double_quote;
        /// What stands before a quote within a field, if it is not written twice.
        escape: u8 => escape = Some(escape);
        /// What ends a record; otherwise a line feed when writing, and any line end when reading.
        terminator: u8 => terminator = Some(terminator);
        /// Whether the first record names the fields, as it does otherwise.
        has_headers: bool => has_headers = has_headers;
        /// Whether records may be of different lengths.
        flexible: bool => flexible = flexible;
        /// Whether all fields are quoted when writing.
        quote_all: bool => quotes_all = quote_all;
        /// What a line begins with that is left out when reading.
        comment: u8 => comment = Some(comment);
        /// Whether white space around fields is left out when reading.
        trim: bool => trims = trim;
    }

    pub(super) fn is_flexible(&self) -> bool {
        self.flexible
    }

    pub(super) fn names_fields(&self) -> bool {
        self.has_headers
    }

    pub(super) fn reader(&self) -> csv::ReaderBuilder {
        let mut builder = csv::ReaderBuilder::new();
        builder
            .delimiter(self.delimiter)
            .quote(self.quote)
            .double_quote(self.double_quote)
            .escape(self.escape)
            .has_headers(self.has_headers)
            .flexible(self.flexible)
            .comment(self.comment)
            .trim(if self.trims { csv::Trim::All } else { csv::Trim::None });
        if let Some(terminator) = self.terminator {
            builder.terminator(csv::Terminator::Any(terminator));
        }
        builder
    }

    pub(super) fn writer(&self) -> csv::WriterBuilder {
        let mut builder = csv::WriterBuilder::new();
        builder
            .delimiter(self.delimiter)
            .quote(self.quote)
            .double_quote(self.double_quote)
            .has_headers(self.has_headers)
            .flexible(self.flexible)
            .quote_style(if self.quotes_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .terminator(csv::Terminator::Any(self.terminator.unwrap_or(b'\n')));
        if let Some(escape) = self.escape {
            builder.escape(escape);
        }
        builder
    }
}
