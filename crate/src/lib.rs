#![cfg_attr(feature = "native", doc = include_str!("../../README.md"))]
//!
//! # The rooms
//!
//! ```text
//!    mosaic ── frame ──── known_answer            rng   atomic   metrics   chart   html
//!               │              │
//!    model ── artifact ──── engine ──┬── web         the small trunk: ships
//!   dp ┘         │                   ├── audit
//!      ├─ onnx ──┤                   ├── cli
//!      │         │                   │
//!      └─────────┴── train ── report, sweep ┤        the large trunk: never ships
//!      video ── data   utility   privacy   attack   outside   chart
//!                 └── transform ── eval ── papers ┘
//! ```
pub mod artifact;
#[cfg(feature = "native")]
pub mod atomic;
#[cfg(feature = "native")]
pub mod attack;
#[cfg(feature = "native")]
pub mod audit;
#[cfg(feature = "native")]
pub mod chart;
#[cfg(feature = "native")]
pub mod cli;
#[cfg(feature = "native")]
pub mod data;
pub mod dp;
pub mod engine;
#[cfg(feature = "native")]
pub mod eval;
pub mod frame;
#[cfg(feature = "native")]
pub mod html;
pub mod known_answer;
#[cfg(feature = "native")]
pub mod metrics;
pub mod model;
pub mod mosaic;
#[cfg(feature = "native")]
pub mod onnx;
#[cfg(feature = "native")]
pub mod outside;
#[cfg(feature = "native")]
pub mod papers;
#[cfg(feature = "native")]
pub mod privacy;
#[cfg(feature = "native")]
pub mod report;
pub mod rng;
#[cfg(feature = "native")]
pub mod sweep;
#[cfg(feature = "native")]
pub mod train;
#[cfg(feature = "native")]
pub mod transform;
#[cfg(feature = "native")]
pub mod utility;
#[cfg(feature = "native")]
pub mod video;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub mod web;
