//! The JSON object of a line: all of it is read, and what is known of it is kept.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::seq::MAX_SEQ;
use super::time::Timestamp;

/// The known keys of an object; where one (or another name of it) stands twice, the first counts.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    fields: [Option<Field<'a>>; KEYS],
    data: Option<Value>,
}

/// A key that holds a value of the wrong type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongType;

/// The keys whose values are no more than a text or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Seq,
    Time,
    RenderedLine,
    Event,
    Level,
    Text,
    Bytes,
}

const KEYS: usize = Key::Bytes as usize + 1;

/// What a known key holds.
#[derive(Debug)]
enum Field<'a> {
    Null,
    Text(Cow<'a, str>),
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// Something that no known key has.
    Other,
}

impl<'a> Object<'a> {
    /// Reads `line` if it is exactly one JSON object in valid UTF-8, less than 128 levels deep.
    /// Everything is read, so that whether a line is valid never depends on who asks.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        if !line.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let text = std::str::from_utf8(line).ok()?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let object = deserializer.deserialize_map(Fields).ok()?;
        deserializer.end().ok()?;
        Some(object)
    }

    fn get(&self, key: Key) -> Option<&Field<'a>> {
        self.fields[key as usize].as_ref()
    }

    /// The object's seq: `None` when it has none.
    pub(crate) fn seq(&self) -> Result<Option<u64>, WrongType> {
        match self.get(Key::Seq) {
            None => Ok(None),
            Some(Field::Whole(seq)) if *seq <= MAX_SEQ => Ok(Some(*seq)),
            Some(_) => Err(WrongType),
        }
    }

    /// The object's time, by any of the accepted names.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        match self.get(Key::Time)? {
            Field::Text(text) => Timestamp::parse(text),
            Field::Whole(number) => Timestamp::from_number(*number as f64),
            Field::Number(number) => Timestamp::from_number(*number),
            Field::Null | Field::Other => None,
        }
    }

    /// The text that a key holds.
    pub(crate) fn text(&self, key: Key) -> Result<Option<&str>, WrongType> {
        match self.get(key) {
            None | Some(Field::Null) => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => Err(WrongType),
        }
    }

    /// What `data` holds.
    pub(crate) fn into_data(self) -> Option<Value> {
        self.data
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object::default();
        while let Some(name) = map.next_key()? {
            match name {
                Name::Known(key) if object.fields[key as usize].is_none() => {
                    object.fields[key as usize] = Some(map.next_value_seed(Scalar { is_kept: true })?);
                }
                Name::Data if object.data.is_none() => object.data = Some(map.next_value()?),
                _ => _ = map.next_value_seed(Scalar { is_kept: false })?,
            }
        }
        Ok(object)
    }
}

/// A key by all its names.
enum Name {
    Known(Key),
    Data,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Names)
    }
}

struct Names;

impl Visitor<'_> for Names {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name::Known(match name {
            "seq" => Key::Seq,
            "ts" | "at" | "time" | "timestamp" | "createdAt" | "created_at" => Key::Time,
            "renderedLine" | "rendered_line" => Key::RenderedLine,
            "event" => Key::Event,
            "level" => Key::Level,
            "text" => Key::Text,
            "bytes" => Key::Bytes,
            "data" => return Ok(Name::Data),
            _ => return Ok(Name::Other),
        }))
    }
}

/// Reads any value whole, as strictly as it would be read to be kept.
struct Scalar {
    is_kept: bool,
}

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Field<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Field<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
        Ok(Field::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field<'de>, E> {
        Ok(Field::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(if self.is_kept { Field::Text(Cow::Owned(text.to_owned())) } else { Field::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Field<'de>, A::Error> {
        while sequence.next_element_seed(Self { is_kept: false })?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<'de>, A::Error> {
        while map.next_key::<Name>()?.is_some() {
            map.next_value_seed(Self { is_kept: false })?;
        }
        Ok(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;

    /// JSON that is mostly valid, of few keys, so that they are repeated, and of values of all kinds.
    fn json() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "1",
            "-1",
            "1.5",
            "1e3",
            "1e999",
            "9007199254740991",
            "9007199254740992",
            "18446744073709551616",
            "-0",
            "007",
            "null",
            "true",
            "\"x\"",
            "\"\\u00e9\\n\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"a\nb\"",
            "[]",
            "{}",
            "[1,[2,{\"seq\":3}]]",
            "{\"seq\":1,\"a\":\"\\ud800\"}",
            "[1,]",
            "\"2026-03-21T08:00:00Z\"",
            "",
            "nul",
        ]);
        let key = prop::sample::select(vec![
            "seq",
            "ts",
            "time",
            "created_at",
            "renderedLine",
            "rendered_line",
            "event",
            "level",
            "text",
            "bytes",
            "data",
            "x",
            "s\\u0065q",
            "\\ud800",
        ]);
        let pairs = proptest::collection::vec((key, value), 0..6);
        (pairs, prop::sample::select(vec!["}", "} ", "}}", "", ",}"])).prop_map(|(pairs, end)| {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}{end}", pairs.join(", "))
        })
    }

    /// The pairs of an object, in order, as JSON values.
    struct Pairs;

    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }

    fn pairs(json: &str) -> Option<Vec<(String, Value)>> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let pairs = deserializer.deserialize_map(Pairs).ok()?;
        deserializer.end().ok().map(|()| pairs)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_is_what_stands_first_among_all_values(json in json()) {
            let object = Object::parse(json.as_bytes());
            let expected = pairs(&json);
            prop_assert_eq!(object.is_some(), expected.is_some());
            let (Some(object), Some(expected)) = (object, expected) else { return Ok(()) };
            let first = |names: &[&str]| {
                expected.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(_, value)| value)
            };
            let seq = match first(&["seq"]) {
                None => Ok(None),
                Some(value) => value.as_u64().filter(|seq| *seq <= MAX_SEQ).map(Some).ok_or(WrongType),
            };
            prop_assert_eq!(object.seq(), seq);
            let time = first(&["ts", "time", "created_at"]).and_then(super::super::time::from_json);
            prop_assert_eq!(object.time(), time);
            for (key, names) in [
                (Key::RenderedLine, &["renderedLine", "rendered_line"][..]),
                (Key::Event, &["event"]),
                (Key::Level, &["level"]),
                (Key::Text, &["text"]),
                (Key::Bytes, &["bytes"]),
            ] {
                let text = match first(names) {
                    None | Some(Value::Null) => Ok(None),
                    Some(Value::String(text)) => Ok(Some(text.as_str())),
                    Some(_) => Err(WrongType),
                };
                prop_assert_eq!(object.text(key), text);
            }
            let data = object.into_data();
            prop_assert_eq!(data.as_ref(), first(&["data"]));
        }
    }

    #[test]
    fn deep_nesting_is_refused_where_it_is_kept_and_where_it_is_not() {
        for key in ["data", "x", "text"] {
            for (depth, is_valid) in [(100, true), (126, true), (127, false), (100_000, false)] {
                let json = format!("{{\"{key}\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
                let whole = serde_json::from_str::<Map<String, Value>>(&json).is_ok();
                assert_eq!(
                    (Object::parse(json.as_bytes()).is_some(), whole),
                    (is_valid, is_valid),
                    "{key} {depth}"
                );
            }
        }
    }
}
