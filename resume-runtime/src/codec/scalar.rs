//! The numbers that packed arrays are made of, and how to find out that a value is one.

use super::out::Out;
use serde::ser::{self, Impossible, Serialize, Serializer};
use std::fmt;

macro_rules! scalars {
    ($($name:ident $type:ident $little:literal $big:literal $serialize:ident)*) => {
        /// A primitive that has a packed array (RFC 8746).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Kind { $($name),* }

        #[derive(Clone, Copy)]
        pub(super) enum Scalar { $($name($type)),* }

        impl Kind {
            #[inline]
            pub(super) const fn size(self) -> usize {
                match self { $(Kind::$name => size_of::<$type>()),* }
            }

            /// The tag of a packed array of such numbers, the least significant byte first.
            #[inline]
            pub(super) const fn tag(self) -> u64 {
                match self { $(Kind::$name => $little),* }
            }

            /// The numbers in a packed array with this tag, and whether their most significant byte comes first.
            pub(super) const fn of_tag(tag: u64) -> Option<(Kind, bool)> {
                match tag {
                    $($little => Some((Kind::$name, false)),)*
                    $($big => Some((Kind::$name, true)),)*
                    _ => None,
                }
            }
        }

        impl Scalar {
            #[inline]
            pub(super) const fn kind(self) -> Kind {
                match self { $(Scalar::$name(_) => Kind::$name),* }
            }

            /// Puts the number into a place of its size, least significant byte first.
            #[inline(always)]
            pub(super) fn put(self, place: &mut [u8]) {
                match self { $(Scalar::$name(value) => place.copy_from_slice(&value.to_le_bytes())),* }
            }

            #[inline]
            pub(super) fn append(self, out: &mut Out) {
                match self { $(Scalar::$name(value) => out.extend_from_slice(&value.to_le_bytes())),* }
            }

            /// Takes a number off the front of the bytes.
            #[inline(always)]
            pub(super) fn take(kind: Kind, bytes: &mut &[u8]) -> Option<Scalar> {
                match kind { $(Kind::$name => {
                    let (number, rest) = bytes.split_first_chunk()?;
                    *bytes = rest;
                    Some(Scalar::$name($type::from_le_bytes(*number)))
                }),* }
            }
        }

        impl Serialize for Scalar {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match *self { $(Scalar::$name(value) => serializer.$serialize(value)),* }
            }
        }

        impl Serializer for Probe {
            type Ok = Scalar;
            type Error = Other;
            type SerializeSeq = Impossible<Scalar, Other>;
            type SerializeTuple = Impossible<Scalar, Other>;
            type SerializeTupleStruct = Impossible<Scalar, Other>;
            type SerializeTupleVariant = Impossible<Scalar, Other>;
            type SerializeMap = Impossible<Scalar, Other>;
            type SerializeStruct = Impossible<Scalar, Other>;
            type SerializeStructVariant = Impossible<Scalar, Other>;

            $(
                #[inline]
                fn $serialize(self, value: $type) -> Result<Scalar, Other> {
                    Ok(Scalar::$name(value))
                }
            )*

            #[inline]
            fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Scalar, Other> {
                value.serialize(self)
            }

            others! {
                serialize_bool(_: bool) -> Scalar;
                serialize_char(_: char) -> Scalar;
                serialize_i128(_: i128) -> Scalar;
                serialize_u128(_: u128) -> Scalar;
                serialize_str(_: &str) -> Scalar;
                serialize_bytes(_: &[u8]) -> Scalar;
                serialize_none() -> Scalar;
                serialize_unit() -> Scalar;
                serialize_unit_struct(_: &'static str) -> Scalar;
                serialize_unit_variant(_: &'static str, _: u32, _: &'static str) -> Scalar;
                serialize_seq(_: Option<usize>) -> Self::SerializeSeq;
                serialize_tuple(_: usize) -> Self::SerializeTuple;
                serialize_tuple_struct(_: &'static str, _: usize) -> Self::SerializeTupleStruct;
                serialize_tuple_variant(_: &'static str, _: u32, _: &'static str, _: usize) -> Self::SerializeTupleVariant;
                serialize_map(_: Option<usize>) -> Self::SerializeMap;
                serialize_struct(_: &'static str, _: usize) -> Self::SerializeStruct;
                serialize_struct_variant(_: &'static str, _: u32, _: &'static str, _: usize) -> Self::SerializeStructVariant;
            }

            #[inline]
            fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Scalar, Other> {
                Err(Other)
            }

            #[inline]
            fn serialize_newtype_variant<T: Serialize + ?Sized>(
                self, _: &'static str, _: u32, _: &'static str, _: &T,
            ) -> Result<Scalar, Other> {
                Err(Other)
            }

            #[inline]
            fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<Scalar, Other> {
                Err(Other)
            }

            fn is_human_readable(&self) -> bool {
                true
            }
        }
    };
}

macro_rules! others {
    ($($method:ident($($argument:tt: $type:ty),*) -> $ok:ty;)*) => { $(
        #[inline]
        fn $method(self, $($argument: $type),*) -> Result<$ok, Other> {
            Err(Other)
        }
    )* };
}

scalars! {
    U8 u8 64 68 serialize_u8
    U16 u16 69 65 serialize_u16
    U32 u32 70 66 serialize_u32
    U64 u64 71 67 serialize_u64
    I8 i8 72 76 serialize_i8
    I16 i16 77 73 serialize_i16
    I32 i32 78 74 serialize_i32
    I64 i64 79 75 serialize_i64
    F32 f32 85 81 serialize_f32
    F64 f64 86 82 serialize_f64
}

/// A serializer that takes numbers and nothing else. For a number's type all of it folds into handing over the number.
pub(super) struct Probe;

/// The value is not a number.
#[derive(Debug)]
pub(super) struct Other;

impl fmt::Display for Other {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a number")
    }
}

impl std::error::Error for Other {}

impl ser::Error for Other {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Other
    }
}
