//! A serialiser for values that JSON can hold.

use serde::ser::{self, Error, Serialize, Serializer};

/// Serialises a value as JSON, but refuses it where `serde_json` would write something else.
///
/// `serde_json` writes `null` for NaN and the infinities, and for each level of `Some(None)`. These
/// are errors here, so that a later read cannot take them for another value.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Strict(value))
}

/// A value, or a part of one, that is serialised strictly.
struct Strict<'v, T: ?Sized>(&'v T);

impl<T: Serialize + ?Sized> Serialize for Strict<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let serializer = StrictSerializer {
            inner: serializer,
            in_some: false,
        };
        self.0.serialize(serializer)
    }
}

struct StrictSerializer<S> {
    inner: S,
    /// True if the value is the content of a `Some`, which must not become `null`.
    in_some: bool,
}

impl<S: Serializer> StrictSerializer<S> {
    fn null(self, write: impl FnOnce(S) -> Result<S::Ok, S::Error>) -> Result<S::Ok, S::Error> {
        match self.in_some {
            true => Err(S::Error::custom(
                "a `Some` whose content is written as `null` cannot be told from `None`",
            )),
            false => write(self.inner),
        }
    }

    fn float(
        self,
        is_finite: bool,
        write: impl FnOnce(S) -> Result<S::Ok, S::Error>,
    ) -> Result<S::Ok, S::Error> {
        match is_finite {
            true => write(self.inner),
            false => Err(S::Error::custom("JSON has no NaN and no infinite numbers")),
        }
    }
}

/// Methods that pass their arguments on unchanged.
macro_rules! forward {
    ($($method:ident($($arg:ident: $type:ty),*) -> $output:ty;)*) => {
        $(fn $method(self, $($arg: $type),*) -> Result<$output, S::Error> {
            self.inner.$method($($arg),*)
        })*
    };
}

/// Methods that begin a value with parts.
macro_rules! forward_compound {
    ($($method:ident($($arg:ident: $type:ty),*) -> $output:ident;)*) => {
        $(fn $method(self, $($arg: $type),*) -> Result<Self::$output, S::Error> {
            self.inner.$method($($arg),*).map(StrictParts)
        })*
    };
}

impl<S: Serializer> Serializer for StrictSerializer<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = StrictParts<S::SerializeSeq>;
    type SerializeTuple = StrictParts<S::SerializeTuple>;
    type SerializeTupleStruct = StrictParts<S::SerializeTupleStruct>;
    type SerializeTupleVariant = StrictParts<S::SerializeTupleVariant>;
    type SerializeMap = StrictParts<S::SerializeMap>;
    type SerializeStruct = StrictParts<S::SerializeStruct>;
    type SerializeStructVariant = StrictParts<S::SerializeStructVariant>;

    forward! {
        serialize_bool(v: bool) -> S::Ok;
        serialize_i8(v: i8) -> S::Ok;
        serialize_i16(v: i16) -> S::Ok;
        serialize_i32(v: i32) -> S::Ok;
        serialize_i64(v: i64) -> S::Ok;
        serialize_i128(v: i128) -> S::Ok;
        serialize_u8(v: u8) -> S::Ok;
        serialize_u16(v: u16) -> S::Ok;
        serialize_u32(v: u32) -> S::Ok;
        serialize_u64(v: u64) -> S::Ok;
        serialize_u128(v: u128) -> S::Ok;
        serialize_char(v: char) -> S::Ok;
        serialize_str(v: &str) -> S::Ok;
        serialize_bytes(v: &[u8]) -> S::Ok;
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> S::Ok;
    }

    fn serialize_f32(self, v: f32) -> Result<S::Ok, S::Error> {
        self.float(v.is_finite(), |inner| inner.serialize_f32(v))
    }

    fn serialize_f64(self, v: f64) -> Result<S::Ok, S::Error> {
        self.float(v.is_finite(), |inner| inner.serialize_f64(v))
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.null(S::serialize_none)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.null(S::serialize_unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.null(|inner| inner.serialize_unit_struct(name))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        value.serialize(Self {
            inner: self.inner,
            in_some: true,
        })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner
            .serialize_newtype_variant(name, index, variant, &Strict(value))
    }

    forward_compound! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant;
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A value with parts, each of which is serialised strictly.
struct StrictParts<C>(C);

macro_rules! strict_parts {
    ($($trait:ident: $($method:ident($($arg:ident: $type:ty),*)),+;)*) => {
        $(impl<C: ser::$trait> ser::$trait for StrictParts<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            $(fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($arg: $type,)*
                value: &T,
            ) -> Result<(), C::Error> {
                self.0.$method($($arg,)* &Strict(value))
            })+

            fn end(self) -> Result<C::Ok, C::Error> {
                self.0.end()
            }
        })*
    };
}

strict_parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}
