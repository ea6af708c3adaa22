//! The checksum of bytes that come one after the other.

/// 64 bits of a cryptographic one: it notices accidents, and nobody gains by forging it.
#[derive(Clone)]
pub(super) struct Hash(blake3::Hasher);

impl Hash {
    pub(super) fn new() -> Hash {
        Hash(blake3::Hasher::new())
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn digest(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    pub(super) fn reset(&mut self) {
        self.0.reset();
    }
}
