//! Compression in frames: each is whole by itself, and a snapshot ends one, so that a resume begins with a new one.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// How the content of a file is written; part of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Form {
    Plain,
    /// Members of gzip, of a level of 0 to 9.
    Gz(u32),
    /// Frames of zstd, of a level of zstd's own.
    Zstd(i32),
}

impl Form {
    /// The feature without which it cannot be written.
    pub(super) fn lacks(self) -> Option<&'static str> {
        match self {
            Form::Gz(_) if cfg!(not(feature = "gz")) => Some("gz"),
            Form::Zstd(_) if cfg!(not(feature = "zstd")) => Some("zstd"),
            _ => None,
        }
    }

    fn open(self) -> io::Result<Option<Box<dyn Frame>>> {
        Ok(match self {
            Form::Plain => None,
            #[cfg(feature = "gz")]
            Form::Gz(level) => {
                Some(Box::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level))))
            }
            #[cfg(feature = "zstd")]
            Form::Zstd(level) => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level)?;
                encoder.include_checksum(true)?;
                Some(Box::new(encoder))
            }
            #[cfg(not(all(feature = "gz", feature = "zstd")))]
            _ => return Err(io::ErrorKind::Unsupported.into()),
        })
    }
}

/// A frame that has begun.
trait Frame: Write + Send {
    /// What has come out of it so far.
    fn made(&mut self) -> &mut Vec<u8>;

    /// The rest of it.
    fn end(self: Box<Self>) -> io::Result<Vec<u8>>;
}

#[cfg(feature = "gz")]
impl Frame for flate2::write::GzEncoder<Vec<u8>> {
    fn made(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

#[cfg(feature = "zstd")]
impl Frame for zstd::stream::write::Encoder<'static, Vec<u8>> {
    fn made(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

/// Turns content into the bytes of the file.
pub(super) struct Frames {
    form: Form,
    /// None between two frames, and always where nothing is compressed.
    open: Option<Box<dyn Frame>>,
}

impl Frames {
    pub(super) fn new(form: Form) -> Frames {
        Frames { form, open: None }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Puts content in; what comes out goes to the end of `out`.
    pub(super) fn push(&mut self, content: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if self.form == Form::Plain {
            out.extend_from_slice(content);
            return Ok(());
        }
        if content.is_empty() {
            return Ok(());
        }
        if self.open.is_none() {
            self.open = self.form.open()?;
        }
        if let Some(frame) = &mut self.open {
            frame.write_all(content)?;
            out.append(frame.made());
        }
        Ok(())
    }

    /// Brings out all that was put in, without ending the frame.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if let Some(frame) = &mut self.open {
            frame.flush()?;
            out.append(frame.made());
        }
        Ok(())
    }

    /// Ends the frame, if one has begun.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if let Some(frame) = self.open.take() {
            out.append(&mut frame.end()?);
        }
        Ok(())
    }

    /// A frame of nothing: a compressed file has one at least.
    pub(super) fn empty(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.open = self.form.open()?;
        self.end(out)
    }
}
