//! Bauta: keeps the act, hides the actor.
pub mod artifact;
#[cfg(feature = "native")]
pub mod atomic;
#[cfg(feature = "native")]
pub mod cli;
#[cfg(feature = "native")]
pub mod data;
pub mod engine;
pub mod frame;
pub mod known_answer;
pub mod model;
pub mod rng;
#[cfg(feature = "native")]
pub mod video;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub mod web;
