//! The command line: one file per verb, each a thin skin over the rooms.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod anonymize;
mod anonymizer;
mod audit_dp;
mod card;
mod data;
mod device;
mod dp;
mod export;
mod judge;
mod judge_check;
mod judge_outside;
mod judge_sweep;
mod report;
mod stage;
mod sweep;
mod train;
mod train_view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Keeps the act, hides the actor: anonymizes pictures and videos with a small neural network.
#[derive(Parser)]
#[command(name = "bauta", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Anonymize(anonymize::Anonymize),
    Card(card::ShowCard),
    Export(export::Export),
    Train(train::Train),
    Report(report::MakeReport),
    Sweep(sweep::SweepCommand),
    Judge(judge::JudgeCommand),
    Data(data::DataCommand),
    Dp(dp::Dp),
    AuditDp(audit_dp::AuditDp),
}

/// Runs the command line. Exit codes: 0 done, 1 failed (the reason is on standard error), 2 the command
/// line makes no sense.
pub fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Anonymize(verb) => verb.run(),
        Verb::Card(verb) => verb.run(),
        Verb::Export(verb) => verb.run(),
        Verb::Train(verb) => verb.run(),
        Verb::Report(verb) => verb.run(),
        Verb::Sweep(verb) => verb.run(),
        Verb::Judge(verb) => verb.run(),
        Verb::Data(verb) => verb.run(),
        Verb::Dp(verb) => verb.run(),
        Verb::AuditDp(verb) => verb.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bauta: {error:#}");
            ExitCode::FAILURE
        }
    }
}
