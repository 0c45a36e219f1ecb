//! A card, filled from a report.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{PapersError, claim, figures, limits};
use crate::artifact::CardOf;
use crate::eval::{Control, FORMAT, Report};
use crate::model::Shape;

/// The part of a report that every format has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

/// Reads `report.json`.
///
/// # Errors
/// [`PapersError`] if the file cannot be read, is no report, or has another format than [`FORMAT`].
pub fn read(path: &Path) -> Result<Report, PapersError> {
    let path = || path.to_owned();
    let text = fs::read_to_string(path()).map_err(|source| PapersError::Read { path: path(), source })?;
    let unreadable = |source| PapersError::Report { path: path(), source };
    let Header { format } = serde_json::from_str(&text).map_err(unreadable)?;
    if format != FORMAT {
        return Err(PapersError::Format { path: path(), found: format });
    }
    serde_json::from_str(&text).map_err(unreadable)
}

/// The card with the figures of `report` in the place of those it had, and the claim and the limits that follow from
/// them. All else stays.
///
/// # Errors
/// [`PapersError`] if the report is void, is about no single subject or about other weights, or says nothing.
pub fn judged<S: Shape>(card: &CardOf<S>, report: &Report) -> Result<CardOf<S>, PapersError> {
    let subject = subject(card, report)?;
    let failed = report.controls.iter().filter(|control| !control.passed);
    let mut failed: Vec<String> =
        failed.map(|Control { name, value, .. }| format!("{name} ({value:.3})")).collect();
    if failed.is_empty() && report.subject.void {
        failed.push("a control failed".into());
    }
    if !failed.is_empty() {
        return Err(PapersError::Void { failed });
    }
    let measured = figures(report, subject);
    if !measured.iter().any(|figure| figure.method.as_deref() == Some(subject)) {
        return Err(PapersError::Empty { model: card.name.clone() });
    }
    Ok(CardOf {
        measured,
        privacy_claim: match card.config.bound() {
            Some(bound) => format!("{bound}; {}", claim(card.promise.as_ref(), report, subject)),
            None => claim(card.promise.as_ref(), report, subject),
        },
        limits: limits(card, report, subject),
        ..card.clone()
    })
}

/// What the report calls the model of the card.
fn subject<'a, S>(card: &CardOf<S>, report: &'a Report) -> Result<&'a str, PapersError> {
    let model = card.name.clone();
    let (Some(name), Some(key)) = (&report.subject.name, &report.subject.key) else {
        return Err(PapersError::NoSubject { model });
    };
    // The key of a model is "model SHA256 SHAPE".
    if key.strip_prefix("model ").is_some_and(|rest| rest.split(' ').next() == Some(&card.sha256)) {
        return Ok(name);
    }
    let (expected, found) = (card.sha256.clone(), key.split(" {").next().unwrap_or(key).to_owned());
    Err(PapersError::OtherModel { model, expected, subject: name.clone(), found })
}
