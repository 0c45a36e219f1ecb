//! From the sweep file's entries to variants: lists crossed with grids, each laid over the base.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::SweepError;

/// A variant as the sweep file spells it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Dotted paths into the base, and what stands there instead.
    #[serde(default)]
    pub(super) set: Table,
}

/// Values of one field, each of which makes a variant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grid {
    /// How the variants call the field; its path if absent.
    name: Option<String>,
    key: String,
    values: Vec<Value>,
}

/// What the sweep sets in every run by itself.
const OWN: [&str; 2] = ["name", "seed"];

/// Every entry with every combination of grid values, the last grid turning fastest; a grid alone begins from
/// the base as it is, and with neither the base is the only variant.
pub(super) fn cross(entries: &[Entry], grids: &[Grid]) -> Result<Vec<Entry>, SweepError> {
    let mut variants = entries.to_vec();
    if variants.is_empty() {
        let name = if grids.is_empty() { "base" } else { "" };
        variants.push(Entry { name: name.into(), set: Table::new() });
    }
    for grid in grids {
        if grid.values.is_empty() {
            return Err(SweepError::Unfit {
                what: "grid.values",
                found: "[]".into(),
                wanted: "a value or more",
            });
        }
        let mut crossed = vec![];
        for variant in &variants {
            for value in &grid.values {
                crossed.push(with(variant, grid, value)?);
            }
        }
        variants = crossed;
    }
    Ok(variants)
}

fn with(variant: &Entry, grid: &Grid, value: &Value) -> Result<Entry, SweepError> {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let own = format!("{} {shown}", grid.name.as_ref().unwrap_or(&grid.key));
    let name = if variant.name.is_empty() { own } else { format!("{}, {own}", variant.name) };
    let mut set = variant.set.clone();
    if set.insert(grid.key.clone(), value.clone()).is_some() {
        let reason = "it is set twice, so one of the two would be lost; set it once".into();
        return Err(SweepError::Key { variant: name, key: grid.key.clone(), reason });
    }
    Ok(Entry { name, set })
}

/// The base with a variant's settings laid over it. A table is laid over a table field by field, so
/// `"a.b" = 1` and `a = { b = 1 }` mean the same.
pub(super) fn lay(base: &Table, variant: &Entry) -> Result<Table, SweepError> {
    let mut whole = base.clone();
    for (key, value) in &variant.set {
        let refuse =
            |reason: String| SweepError::Key { variant: variant.name.clone(), key: key.clone(), reason };
        if OWN.contains(&key.as_str()) {
            return Err(refuse("the sweep gives every run its own; leave it out".into()));
        }
        let mut steps: Vec<&str> = key.split('.').collect();
        let last = steps.pop().unwrap_or_default();
        let mut place = Place::Table(&mut whole);
        for step in steps {
            place = place.enter(step).map_err(&refuse)?;
        }
        place.put(last, value.clone()).map_err(&refuse)?;
    }
    Ok(whole)
}

/// Where a dotted path has come to.
enum Place<'a> {
    Table(&'a mut Table),
    List(&'a mut Vec<Value>),
}

impl<'a> Place<'a> {
    /// One step down; a table that is not there is made, so that the parser can judge it.
    fn enter(self, step: &str) -> Result<Self, String> {
        let below = match self {
            Place::Table(table) => table.entry(step.to_owned()).or_insert_with(|| Value::Table(Table::new())),
            Place::List(list) => at(list, step)?,
        };
        match below {
            Value::Table(table) => Ok(Place::Table(table)),
            Value::Array(list) => Ok(Place::List(list)),
            other => Err(format!("`{step}` is {other} and has no fields; shorten the path")),
        }
    }

    fn put(self, last: &str, value: Value) -> Result<(), String> {
        match self {
            Place::Table(table) => match (table.get_mut(last), value) {
                (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
                (_, value) => {
                    table.insert(last.to_owned(), value);
                }
            },
            Place::List(list) => *at(list, last)? = value,
        }
        Ok(())
    }
}

fn at<'a>(list: &'a mut [Value], step: &str) -> Result<&'a mut Value, String> {
    let length = list.len();
    let place = step.parse::<usize>().ok().and_then(|place| list.get_mut(place));
    place.ok_or_else(|| format!("`{step}` is no place in a list of {length}; the first is 0"))
}

fn merge(old: &mut Table, new: Table) {
    for (key, value) in new {
        match (old.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                old.insert(key, value);
            }
        }
    }
}

/// Changes every `manifest` of a configuration, wherever it stands.
pub(super) fn change_manifests(value: &mut Value, change: &dyn Fn(&Path) -> PathBuf) {
    match value {
        Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                match value {
                    Value::String(path) if key == "manifest" => {
                        *path = change(Path::new(path)).to_string_lossy().into_owned();
                    }
                    value => change_manifests(value, change),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| change_manifests(value, change)),
        _ => {}
    }
}

/// A name as a folder's: letters and digits, lower case, hyphens between.
pub(super) fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
