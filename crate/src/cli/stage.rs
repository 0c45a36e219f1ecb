//! `bauta data stage`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::data::{Folder, bar, named};
use crate::data::sets::data_folder;
use crate::data::stage::{Drawn, Faces, Framing, Moves, Plan, Stage, StageError};
use crate::data::{Row, Split};
use crate::rng::Seed;

/// Draw people who do things, with the exact truth in a manifest: data for a first run, where every person does
/// every action equally often. What is measured on them is true of drawn people only: it is synthetic.
///
/// The manifest names who is seen, what they do, how they look (build, skin, hair, face, clothes, what they wear and
/// carry) and how much of them is seen. `bauta judge --set stage` draws such a set by itself.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StageCommand {
    /// Folder to make; it may not hold anything yet.
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Clips to draw.
    #[arg(long, default_value_t = 600)]
    clips: usize,
    /// People to draw; each does every action.
    #[arg(long, default_value_t = 20)]
    people: usize,
    /// Frames in a clip, ten a second.
    #[arg(long, default_value_t = 16)]
    frames: usize,
    /// Pixels along each side of a frame.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(16..=1024))]
    size: u32,
    /// Everything is drawn from this number: the same number draws the same pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much of a figure is seen: the whole body in a room, from the elbows up or head and shoulders before a
    /// webcam (with actions that a webcam sees), or all three in turn.
    #[arg(long, default_value = "whole", value_parser = framings())]
    framing: String,
    /// Where movements come from: made up, or recorded from real people (real, or one set of the data folder:
    /// `msr_action3d`, `nw_ucla`), whose proportions are left out. Recorded ones are for research only, and so is what
    /// learns from them.
    #[arg(long, default_value = "procedural", value_name = "MOTION")]
    motion: String,
    /// Share of the people whose clips are test clips, a tenth of the others validating [default: none, where movements
    /// are made up: judges deal people themselves; 0.4 where they are recorded: those of the test are recorded from others].
    #[arg(long, value_name = "SHARE", value_parser = share)]
    test: Option<f64>,
    /// Give people real faces, one each, of the set utkface6k of the data folder, with gender, race and age for
    /// attributes: for research only.
    #[arg(long)]
    real_faces: bool,
    #[command(flatten)]
    folder: Folder,
    /// Write a PNG picture of a dozen clips, one a row: to see what was drawn.
    #[arg(long, value_name = "FILE.png")]
    contact_sheet: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ bauta data stage runs/stage --clips 400 --people 20
  $ bauta data stage runs/webcam --framing upper --contact-sheet runs/webcam.png
  $ bauta data stage runs/real --motion real --data ~/sets --clips 10000 --people 80";

/// The share of the people who test, where movements are recorded and no other was asked for.
const TEST: f64 = 0.4;

fn framings() -> PossibleValuesParser {
    PossibleValuesParser::new(Framing::ALL.map(|(name, _)| name))
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("expected a share between 0 and 1, such as 0.4".into()),
    }
}

impl StageCommand {
    /// Draws, and says what was drawn.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let stage = Stage::new(self.plan()?)?;
        if let Some(path) = self.contact_sheet.clone().filter(|sheet| sheet.exists()) {
            return Err(StageError::Exists { path }.into());
        }
        let bar = bar("drawing", stage.clips());
        let drawn = stage.write(&self.out, &|done, _| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        if let Some(sheet) = &self.contact_sheet {
            stage.contact_sheet(sheet)?;
        }
        self.summary(&stage, &drawn);
        Ok(())
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let moves = match self.motion.as_str() {
            "procedural" => Moves::Procedural,
            set => Moves::recorded(set, &data_folder(self.folder.data.as_deref())?)?,
        };
        let faces = match self.real_faces {
            true => {
                let data = data_folder(self.folder.data.as_deref())?;
                Some(Arc::new(Faces::open(self.people, Seed(self.seed), &data)?))
            }
            false => None,
        };
        let framing =
            Framing::ALL.iter().find(|(name, _)| *name == self.framing).map(|(_, framing)| *framing);
        let recorded = moves != Moves::Procedural;
        Ok(Plan {
            clips: self.clips,
            people: self.people,
            frames: self.frames,
            size: self.size as usize,
            seed: Seed(self.seed),
            framing: framing.unwrap_or_default(),
            test: self.test.or(recorded.then_some(TEST)),
            moves,
            faces,
        })
    }

    fn summary(&self, stage: &Stage, Drawn { manifest, pace }: &Drawn) {
        let rows = manifest.rows();
        let threads = rayon::current_num_threads();
        println!(
            "drew {} synthetic clips into {} ({pace:.0} clips a second, {threads} threads)",
            rows.len(),
            self.out.display()
        );
        println!("people      {}", self.people);
        println!("actions     {}", named(stage.actions()));
        println!("framing     {}", self.framing);
        println!("motion      {}", self.motion);
        println!("faces       {}", if self.real_faces { "real" } else { "drawn" });
        let of = |split: Split| rows.iter().filter(|row| row.split == Some(split)).count();
        let [train, validation, test] = [Split::Train, Split::Validation, Split::Test].map(of);
        if test > 0 {
            println!("parts       {train} train, {validation} validation, {test} test");
        }
        let restricted = rows.iter().any(Row::is_research_only);
        let licence = if restricted { "research only, and so is what learns from it" } else { "free" };
        println!("licence     {licence}");
        if let Some(sheet) = &self.contact_sheet {
            println!("sheet       {}", sheet.display());
        }
        println!("truth       {}", self.out.join("manifest.csv").display());
    }
}
