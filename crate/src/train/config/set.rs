//! Options set by a dotted path, as `--set` and sweeps do.

use toml::{Table, Value};

/// Puts `value` where the dotted path `key` leads in `table`, such as `penalty.budget`, or `action.0.held_out`
/// into a list. A table is laid over a table field by field, so `a.b = 1` and `a = { b = 1 }` mean the same.
/// Whether the option exists is for the parser of the whole to say.
///
/// # Errors
/// Why the path leads nowhere, and what to do.
pub fn set_option(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let mut steps: Vec<&str> = key.split('.').collect();
    let last = steps.pop().unwrap_or_default();
    let mut place = Place::Table(table);
    for step in steps {
        place = place.enter(step)?;
    }
    place.put(last, value)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_sets_what_it_leads_to_and_nothing_else() {
        let mut table: Table = toml::from_str("a = 1\nb = { c = 2, d = 3 }\nl = [{ e = 4 }]").expect("TOML");
        set_option(&mut table, "b.c", Value::Integer(9)).expect("a field");
        set_option(&mut table, "l.0.e", Value::Integer(8)).expect("a field in a list");
        set_option(&mut table, "new.f", Value::Integer(7)).expect("a table that is made");
        let wanted = "a = 1\nb = { c = 9, d = 3 }\nl = [{ e = 8 }]\nnew = { f = 7 }";
        assert_eq!(table, toml::from_str::<Table>(wanted).expect("TOML"), "something else was set");
        let error = set_option(&mut table, "l.3.e", Value::Integer(1)).expect_err("there is no fourth");
        assert!(error.contains('3') && error.contains("list of 1"), "{error}");
        let error = set_option(&mut table, "a.b", Value::Integer(1)).expect_err("a number has no fields");
        assert!(error.contains("no fields"), "{error}");
    }
}
