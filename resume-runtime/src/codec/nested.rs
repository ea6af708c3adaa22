//! Arrays, maps and enums while they are being read.

use super::Error;
use super::decode::Decoder;
use super::read::{Head, Left};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

/// The elements of an open array, or the entries of an open map.
pub(super) struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: Left,
}

impl<'a, 'de> Elements<'a, 'de> {
    #[inline]
    pub(super) fn open(decoder: &'a mut Decoder<'de>, head: Head) -> Result<Self, Error> {
        decoder.reader.enter()?;
        let left = decoder.reader.left(head)?;
        Ok(Elements { decoder, left })
    }

    #[inline]
    fn more(&mut self) -> Result<bool, Error> {
        self.decoder.reader.more(&mut self.left)
    }

    /// A visitor that knows how many elements it wants does not look for the end, so there may be more.
    #[inline]
    pub(super) fn close(mut self) -> Result<(), Error> {
        if self.more()? {
            return Err(self.decoder.reader.error("more elements than expected"));
        }
        self.decoder.reader.leave();
        Ok(())
    }

    fn hint(&self) -> Option<usize> {
        match self.left {
            Left::Known(count) => Some(count),
            Left::UntilBreak => None,
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.more()? { seed.deserialize(&mut *self.decoder).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.more()? { seed.deserialize(&mut *self.decoder).map(Some) } else { Ok(None) }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

/// The one entry of the map that a variant with content is.
pub(super) struct Variant<'a, 'b, 'de>(pub(super) &'a mut Elements<'b, 'de>);

impl<'a, 'b, 'de> EnumAccess<'de> for Variant<'a, 'b, 'de> {
    type Error = Error;
    type Variant = &'a mut Decoder<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), Error> {
        if !self.0.more()? {
            return Err(self.0.decoder.reader.error("an empty map for an enum"));
        }
        let variant = seed.deserialize(&mut *self.0.decoder)?;
        Ok((variant, self.0.decoder))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        // Not just skipped: content would be lost unnoticed if the variant had some when it was written.
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}
