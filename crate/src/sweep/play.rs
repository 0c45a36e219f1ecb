//! Every run as a child process: the seed of the backend is process-wide, and a run that falls over takes no
//! other with it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Run, State, Sweep};
use crate::atomic;

/// How many lines of a failed child's log are passed on.
const LAST_LINES: usize = 6;

/// How often a child is looked after.
const GLANCE: Duration = Duration::from_millis(50);

/// Ctrl-C reaches a child a moment before or after it reaches the sweep.
const MOMENT: Duration = Duration::from_millis(300);

/// What trains: called as `PATH train CONFIG --run DIR [--resume] WORDS`.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// What every run is told besides its configuration and folder.
    pub words: Vec<OsString>,
    /// Children at a time, at least 1; they share the cores.
    pub jobs: usize,
}

/// How a run's turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its result is there.
    Done,
    /// It was asked to stop and can go on.
    Stopped,
    /// It came to nothing; why, with the last lines of its log.
    Failed(String),
}

/// What happens while a sweep is played.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A run starts or goes on.
    Started(&'a Run),
    /// A run's turn is over.
    Ended(&'a Run, Ending),
}

/// Plays every run of a sweep that has no result in `folder` yet, in their order. `stop` ends it: no run starts
/// any more, and those under way write a checkpoint. `hear` is told of every start and end, on this thread.
pub fn play(
    sweep: &Sweep,
    folder: &Path,
    program: &Program,
    stop: &AtomicBool,
    hear: &mut dyn FnMut(Event<'_>),
) {
    let todo: Vec<(&Run, State)> = sweep
        .runs
        .iter()
        .map(|run| (run, run.state(folder)))
        .filter(|(_, state)| *state != State::Done)
        .collect();
    let next = AtomicUsize::new(0);
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..program.jobs.clamp(1, todo.len().max(1)) {
            let (tell, next, todo) = (tell.clone(), &next, &todo);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed)
                    && let Some((run, state)) = todo.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    // Nobody hears only if the listener has panicked, which ends the scope anyway.
                    let _ = tell.send(Event::Started(run));
                    let _ = tell.send(Event::Ended(run, turn(run, *state, folder, program, stop)));
                }
            });
        }
        drop(tell);
        told.into_iter().for_each(hear);
    });
}

fn turn(run: &Run, state: State, folder: &Path, program: &Program, stop: &AtomicBool) -> Ending {
    let run_folder = folder.join(&run.folder);
    if state == State::Another {
        return Ending::Failed(format!(
            "{} holds the result of another configuration; remove it, or give the variant another name",
            run_folder.display()
        ));
    }
    let log = run.log(folder);
    // What an earlier sitting said is kept, and not reported again.
    let heard = fs::metadata(&log).map_or(0, |file| file.len());
    let exit = start(run, state, folder, program).and_then(|child| wait(child, stop));
    if run_folder.join("result.json").exists() {
        return Ending::Done;
    }
    if !stop.load(Ordering::Relaxed) {
        thread::sleep(MOMENT);
    }
    if stop.load(Ordering::Relaxed) {
        return Ending::Stopped;
    }
    let why = match exit {
        Ok(status) if status.success() => "the run ended without result.json".to_owned(),
        Ok(status) => format!("the run ended with {status}"),
        Err(error) => format!("{} cannot be run: {error}", program.path.display()),
    };
    Ending::Failed(format!("{why}; {}{}", log.display(), last_lines(&log, heard)))
}

fn start(run: &Run, state: State, folder: &Path, program: &Program) -> io::Result<Child> {
    let settings = run.settings(folder);
    let text = toml::to_string(&run.config).expect("a configuration is TOML");
    atomic::replace(&settings, text.as_bytes())?;
    let log = OpenOptions::new().create(true).append(true).open(run.log(folder))?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut command = Command::new(&program.path);
    command.arg("train").arg(settings).arg("--run").arg(folder.join(&run.folder));
    if state == State::Begun {
        command.arg("--resume");
    }
    command.args(&program.words);
    command.env("RAYON_NUM_THREADS", (cores / program.jobs.max(1)).max(1).to_string());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
}

/// Waits for a child. A terminal sends Ctrl-C to children too, a job scheduler may know the sweep only: so
/// what stops the sweep is passed on, which a child that has heard it already does not mind.
fn wait(mut child: Child, stop: &AtomicBool) -> io::Result<ExitStatus> {
    let mut passed_on = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if stop.load(Ordering::Relaxed) && !passed_on {
            passed_on = true;
            // Where there is no `kill`, the sweep waits for the run's end.
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        }
        thread::sleep(GLANCE);
    }
}

/// The end of a log from byte `heard` on, each line on its own and indented.
fn last_lines(log: &Path, heard: u64) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        file.seek(SeekFrom::Start(heard))?;
        let mut bytes = vec![];
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    last.iter().flat_map(|line| ["\n    ", line]).collect()
}
