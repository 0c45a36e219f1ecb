//! `bauta sweep SWEEP`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::sweep::{Ending, Event, Program, Row, Run, State, Sweep, Table, play};

/// Train many variants of one configuration, and compare them in one table and one plot.
///
/// SWEEP is a TOML file. Every variant is checked before the first run starts; then each variant is trained
/// with each seed, seed by seed, by a `bauta train` of its own. Ctrl-C stops the runs at a checkpoint, and the
/// same command goes on where they stand: runs that have a result.json are not repeated.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub(super) struct SweepCommand {
    /// Sweep file.
    sweep: PathBuf,
    /// Folder of the data sets [default: the variable `BAUTA_DATA`].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder that keeps decoded frames from run to run.
    #[arg(long, value_name = "DIR", default_value = "runs/cache")]
    cache: PathBuf,
    /// Folder of the sweep [default: runs/NAME].
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Runs at a time; they share the cores.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Write the tables and the plot to this folder too.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Train nothing: only write the tables and the plot of what is there.
    #[arg(long)]
    table: bool,
    /// Further words for every `bauta train`.
    #[arg(last = true, value_name = "WORDS")]
    words: Vec<OsString>,
}

const EXAMPLE: &str = "\
An example, whole. The file ablation.toml beside base.toml, a configuration of `bauta train`:

  name = \"ablation\"
  base = \"base.toml\"                          # relative to this file
  seeds = [1, 2, 3]

  [[variant]]
  name = \"as it is\"

  [[variant]]
  name = \"gentle\"
  set = { \"game.privacy_weight\" = 0.5, \"rates.anonymizer\" = 1e-4 }

  [[grid]]                                    # crossed with the variants and with other grids
  name = \"B\"
  key = \"penalty.budget\"
  values = [0.05, 0.1]

makes the variants \"as it is, B 0.05\", \"as it is, B 0.1\", \"gentle, B 0.05\" and \"gentle, B 0.1\", three runs
each. A path leads into lists by number: \"action.0.held_out\" = [\"p1\"].

  $ bauta sweep ablation.toml --data ~/sets
  $ bauta sweep ablation.toml --table --out notes/

writes to runs/ablation:
  ablation.md, .json, .svg       the tables with a reading, the same for programs, the Pareto plot
  gentle-b-0-1/seed-2.toml       what a run was told; a path to a manifest is relative to the base
  gentle-b-0-1/seed-2.log        what it said
  gentle-b-0-1/seed-2/           its run folder, which --run of `bauta train` would name

Read a difference between variants against the SD over seeds: the reading says whether it is larger.";

impl SweepCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let sweep = Sweep::read(&self.sweep)?;
        let folder = self.run.clone().unwrap_or_else(|| Path::new("runs").join(&sweep.name));
        let (mut failed, mut stopped) = (0, false);
        if !self.table {
            (failed, stopped) = self.play(&sweep, &folder)?;
        }
        let table = self.write(&sweep, &folder)?;
        println!("{}", table.markdown());
        println!("wrote {}", folder.join(format!("{}.md", sweep.name)).display());
        if stopped {
            println!("stopped: {} of {} runs are done", table.rows.len(), sweep.runs.len());
            println!("the same command goes on where they stand");
        }
        anyhow::ensure!(
            failed == 0,
            "{failed} of {} runs failed; mend them and repeat the command",
            sweep.runs.len()
        );
        Ok(())
    }

    /// Plays what is not done; how many runs failed, and whether it was stopped.
    fn play(&self, sweep: &Sweep, folder: &Path) -> anyhow::Result<(usize, bool)> {
        let asked_to_stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&asked_to_stop);
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
            .context("cannot listen for Ctrl-C")?;
        let path = std::env::current_exe().context("cannot find this program to run it again")?;
        let program = Program { path, words: self.words(), jobs: self.jobs.into() };
        let mut screen = Screen::new(sweep, folder)?;
        let (mut failed, mut broken) = (0, None);
        play(sweep, folder, &program, &asked_to_stop, &mut |event| match event {
            Event::Started(run) => screen.start(run),
            Event::Ended(run, ending) => {
                failed += usize::from(matches!(ending, Ending::Failed(_)));
                match self.write(sweep, folder) {
                    Ok(table) => screen.end(run, &ending, table.row(run)),
                    Err(error) => {
                        broken = Some(error);
                        asked_to_stop.store(true, Ordering::Relaxed);
                    }
                }
            }
        });
        screen.bar.finish_and_clear();
        broken.map_or(Ok(()), Err)?;
        Ok((failed, asked_to_stop.load(Ordering::Relaxed)))
    }

    fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--cache".into(), self.cache.clone().into()];
        if let Some(data) = &self.data {
            words.extend(["--data".into(), data.clone().into()]);
        }
        words.extend(self.words.iter().cloned());
        words
    }

    fn write(&self, sweep: &Sweep, folder: &Path) -> anyhow::Result<Table> {
        let table = Table::gather(sweep, folder);
        for folder in [Some(folder), self.out.as_deref()].into_iter().flatten() {
            table.write(folder)?;
        }
        Ok(table)
    }
}

/// What is seen of a sweep under way: a bar on a terminal, and a line a run everywhere.
struct Screen {
    bar: ProgressBar,
    under_way: BTreeSet<String>,
}

impl Screen {
    fn new(sweep: &Sweep, folder: &Path) -> anyhow::Result<Self> {
        let done = sweep.runs.iter().filter(|run| run.state(folder) == State::Done).count();
        println!("{}: {} runs, {done} of them done", sweep.name, sweep.runs.len());
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} runs {elapsed} +{eta}\n{msg}")?;
        let bar = ProgressBar::new(sweep.runs.len() as u64).with_style(style);
        bar.set_position(done as u64);
        bar.reset_eta();
        if std::io::stderr().is_terminal() {
            bar.enable_steady_tick(Duration::from_secs(1));
        }
        Ok(Self { bar, under_way: BTreeSet::new() })
    }

    fn start(&mut self, run: &Run) {
        self.under_way.insert(name(run));
        self.show();
    }

    fn end(&mut self, run: &Run, ending: &Ending, row: Option<&Row>) {
        self.under_way.remove(&name(run));
        let line = match (ending, row) {
            (Ending::Done, Some(row)) => row.line(),
            (Ending::Done, None) => format!("{}: its result cannot be read", name(run)),
            (Ending::Stopped, _) => format!("{}: stopped", name(run)),
            (Ending::Failed(why), _) => format!("{}: failed: {why}", name(run)),
        };
        self.bar.suspend(|| match ending {
            Ending::Failed(_) => eprintln!("{line}"),
            _ => println!("{line}"),
        });
        if *ending != Ending::Stopped {
            self.bar.inc(1);
        }
        self.show();
    }

    fn show(&self) {
        self.bar.set_message(self.under_way.iter().cloned().collect::<Vec<_>>().join("; "));
    }
}

fn name(run: &Run) -> String {
    format!("{}, seed {}", run.name, run.seed)
}
