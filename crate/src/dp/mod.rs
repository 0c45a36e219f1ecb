//! Differential privacy of what is released: what a release costs, how costs add up, and what nobody can do with it.
//!
//! # What the numbers mean
//! A release is `mu`-GDP (Dong, Roth & Su, "Gaussian differential privacy", JRSS B 2022) if telling apart two inputs
//! by it is no easier than telling a draw of N(0, 1) from one of N(mu, 1). Here the two inputs are a frame or clip and
//! any other in its place (replacement). The promise is about the frame, not about a person: someone who is in many
//! releases has the total of all of them against him. Nothing is said of the people a model was trained on.
//!
//! The accountant is exact for the Gaussian mechanism over the reals; it never uses the formula
//! `sqrt(2 ln(1.25 / delta))`, which holds for epsilon below 1 only.
//!
//! - [`accountant`]: from `mu` to (epsilon, delta) and back, composition, ceilings for any attacker
//! - [`mechanism`]: what makes a release: scale, clip, noise
//! - [`trainable`]: the same on tensors, for training
//! - [`promise`]: what a model's card says of it
//! - [`ledger`]: what has been spent, and whether more may be
//! - [`evidence`]: from experiments to the mu that they prove at the least
pub mod accountant;
pub mod evidence;
pub mod ledger;
pub mod mechanism;
mod normal;
pub mod promise;
pub mod trainable;
