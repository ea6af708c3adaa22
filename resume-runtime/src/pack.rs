pub(crate) struct Packer;
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stored {
    pub(crate) method: u8,
    pub(crate) width: u8,
}
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Compression {
    #[default]
    None,
}
impl Stored {
    pub(crate) const PLAIN: Stored = Stored { method: 0, width: 1 };
}
impl Packer {
    pub(crate) fn new(_: Compression) -> Packer {
        Packer
    }
    pub(crate) fn pack<'a>(&'a mut self, block: &'a [u8], _width: u8) -> (Stored, &'a [u8]) {
        (Stored { method: 0, width: 1 }, block)
    }
}
pub(crate) struct Unpacker;
impl Unpacker {
    pub(crate) fn new() -> Unpacker {
        Unpacker
    }
    pub(crate) fn unpack(
        &mut self,
        stored: Stored,
        bytes: &[u8],
        length: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if stored.method != 0 || bytes.len() != length {
            return Err("unknown".into());
        }
        out.extend_from_slice(bytes);
        Ok(())
    }
}
