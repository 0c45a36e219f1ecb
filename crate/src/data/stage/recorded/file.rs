//! Files of recorded skeletons.

use std::fs::{self, File};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::retarget::{Joints, retarget, tilt};
use super::{LEAST_FRAMES, RecordedError};
use crate::data::manifest::hex;
use crate::data::stage::body::{Bearing, Vector};

/// Bytes before the numbers in an array.
const HEADER: usize = 128;
/// Joints of a skeleton, each with three numbers.
const JOINTS: usize = 20;

/// One recording on the shared skeleton.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Take {
    pub(super) set: &'static str,
    pub(super) action: String,
    /// The number of whoever was recorded.
    pub(super) subject: u32,
    pub(super) frames: Vec<Bearing>,
}

impl Take {
    /// Whether it is for testing: by the usual rule, people of even number are.
    pub(super) fn tests(&self) -> bool {
        self.subject.is_multiple_of(2)
    }
}

#[derive(Deserialize)]
struct Sequence {
    first_frame: usize,
    frames: usize,
    action: String,
    subject: u32,
    ok: u8,
}

#[derive(Deserialize)]
struct Joint {
    index: usize,
    name: String,
}

/// The sound recordings of a set, and a digest of its files.
pub(super) fn read(set: &'static str, folder: &Path) -> Result<(Vec<Take>, String), RecordedError> {
    let array = folder.join("joints_mm_i16.npy");
    let bytes = fs::read(&array).map_err(|source| RecordedError::Read { path: array.clone(), source })?;
    let sequences: Vec<Sequence> = table(&folder.join("sequences.csv"))?;
    let names = folder.join("joints.csv");
    let order: Vec<Joint> = table(&names)?;
    let joints = Joints::find(|joint| {
        let found = order.iter().find(|other| other.name == joint && other.index < JOINTS);
        found.map(|found| found.index).ok_or_else(|| RecordedError::Joint { path: names.clone(), joint })
    })?;
    let frame = 6 * JOINTS;
    let needed = sequences.iter().map(|of| HEADER + frame * (of.first_frame + of.frames)).max().unwrap_or(0);
    if bytes.len() < needed {
        return Err(RecordedError::CutOff { path: array, expected: needed, found: bytes.len() });
    }
    let sound = sequences.iter().filter(|sequence| sequence.ok == 1 && sequence.frames >= LEAST_FRAMES);
    let room = sound.map(|sequence| {
        let start = HEADER + frame * sequence.first_frame;
        let frames = bytes[start..start + frame * sequence.frames].chunks_exact(frame);
        (sequence, frames.map(places).collect::<Vec<Vec<Vector>>>())
    });
    let room: Vec<_> = room.collect();
    let tilt = tilt(room.iter().filter_map(|(_, frames)| frames.first()), &joints);
    let takes = room.into_iter().map(|(sequence, frames)| {
        let (action, subject) = (sequence.action.clone(), sequence.subject);
        Take { set, action, subject, frames: retarget(&frames, &joints, tilt) }
    });
    let takes = takes.collect();
    let mut hash = Sha256::new();
    hash.update(&bytes);
    for table in ["sequences.csv", "joints.csv"] {
        let path = folder.join(table);
        hash.update(fs::read(&path).map_err(|source| RecordedError::Read { path, source })?);
    }
    Ok((takes, hex(&hash.finalize())[..16].to_owned()))
}

/// The joints of a frame, in metres: x to the viewer's right, y up, z towards the viewer. The files have x to the
/// right of whoever faces the sensor, and z away from it.
fn places(bytes: &[u8]) -> Vec<Vector> {
    let number = |bytes: &[u8]| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 1000.0;
    let joint = |bytes: &[u8]| [-number(&bytes[0..]), number(&bytes[2..]), -number(&bytes[4..])];
    bytes.chunks_exact(6).map(joint).collect()
}

fn table<L: DeserializeOwned>(path: &Path) -> Result<Vec<L>, RecordedError> {
    let file = File::open(path).map_err(|source| RecordedError::Read { path: path.into(), source })?;
    let rows = csv::Reader::from_reader(file).into_deserialize().collect::<Result<_, _>>();
    rows.map_err(|source| RecordedError::Table { path: path.into(), source })
}
