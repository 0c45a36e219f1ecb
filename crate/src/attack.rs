//! stub
use crate::data::ClipStore;
use crate::metrics::Reading;
use crate::rng::Seed;
use burn::tensor::{Device, Tensor};
/// q
pub struct Question {
    /// a
    pub asked: String,
    /// s
    pub set: String,
}
/// e
pub struct Effort;
impl Effort {
    /// q
    pub const QUICK: Self = Self;
}
/// q
pub fn questions(_: &ClipStore, _: &[String]) -> Vec<Question> {
    vec![]
}
/// r
pub fn readings(
    _: &[Question],
    _: &ClipStore,
    _: &dyn Fn(Tensor<4>) -> Tensor<4>,
    _: (Seed, &Effort),
    _: &Device,
) -> Vec<Reading> {
    vec![]
}
