//! From the sweep file's entries to variants: lists crossed with grids, each laid over the base.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::SweepError;
use crate::train::set_option;

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
        set_option(&mut whole, key, value.clone()).map_err(refuse)?;
    }
    Ok(whole)
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
