//! Bauta: keeps the act, hides the actor.
pub mod frame;
pub mod rng;
