//! Whether a model keeps its promise: a distinguishing attack with the worst pairs of inputs that there are.
//!
//! ```text
//! CodeModel ─ Subject ─ pairs ─> scores of either input ─ dp::evidence ─> Finding: claimed and found
//! ```
//!
//! An audit can only break a promise, never prove one: what it finds is a lower bound on mu, and that is far from the
//! truth where mu is large. It finds noise that is too weak, drawn twice or not at all, codes that are not cut, and ways
//! around the noise.

mod discriminant;
mod pairs;
mod subject;
#[cfg(test)]
mod tests;

pub use pairs::{Plan, audit};
pub use subject::{Model, Subject, Timing};
