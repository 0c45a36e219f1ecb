//! Video files, decoded and encoded by the `ffmpeg` program; frames pass through pipes.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::{NamedTempFile, TempPath};

use crate::atomic;
use crate::frame::Rgba8;

/// Why a video could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// The program is not installed.
    #[error(
        "{program} was not found; install ffmpeg (Debian: apt install ffmpeg, macOS: brew install ffmpeg)"
    )]
    NoProgram {
        /// `ffmpeg` or `ffprobe`.
        program: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no video, or is damaged.
    #[error("{} cannot be decoded as a video: {reason}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What ffmpeg says.
        reason: String,
    },
    /// The stream stops inside a frame.
    #[error("{} ends in the middle of frame {frame}; the file is cut off, fetch it again", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Number of the incomplete frame, from 0.
        frame: usize,
    },
    /// The encoder stopped.
    #[error("{} cannot be written: {reason}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What ffmpeg says.
        reason: String,
    },
    /// Frames could not be passed on.
    #[error("the pipe to ffmpeg broke for {}", path.display())]
    Pipe {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Pixels one frame may have: beyond that a header is damaged, not large.
const MOST_PIXELS: usize = 1 << 28;

/// The frames of a video file, in order.
pub struct Reader {
    path: PathBuf,
    child: Child,
    stdout: BufReader<ChildStdout>,
    complaints: NamedTempFile,
    rate: String,
    total: Option<u64>,
    next: usize,
    done: bool,
}

impl Reader {
    /// Starts decoding the first video stream of `path`, at its own frame rate.
    ///
    /// # Errors
    /// [`VideoError`] if ffmpeg is missing or the file has no video stream.
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        let (rate, total) = probe(path)?;
        let complaints = temporary(path)?;
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-i"]).arg(local(path));
        command.args(["-map", "0:v:0", "-an", "-vf", &format!("fps={rate}")]);
        command.args(["-pix_fmt", "rgba", "-c:v", "pam", "-f", "image2pipe", "-"]);
        let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()), &complaints, path)?;
        let stdout = BufReader::with_capacity(1 << 20, child.stdout.take().expect("stdout is piped"));
        Ok(Self { path: path.to_owned(), child, stdout, complaints, rate, total, next: 0, done: false })
    }

    /// Frames a second, as a fraction such as `30000/1001`.
    pub fn rate(&self) -> &str {
        &self.rate
    }

    /// Time between two frames.
    pub fn seconds_per_frame(&self) -> f64 {
        let (frames, seconds) = self.rate.split_once('/').unwrap_or((&self.rate, "1"));
        let number = |text: &str| text.parse::<f64>().expect("the rate was checked");
        number(seconds) / number(frames)
    }

    /// Number of frames, where the container tells.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    fn read_frame(&mut self) -> Result<Option<Rgba8>, VideoError> {
        let cut_off = || VideoError::CutOff { path: self.path.clone(), frame: self.next };
        let Some((width, height)) = read_header(&mut self.stdout).map_err(|_| cut_off())? else {
            return self.finish().map(|()| None);
        };
        let mut bytes = vec![0; 4 * width * height];
        self.stdout.read_exact(&mut bytes).map_err(|_| cut_off())?;
        self.next += 1;
        Ok(Some(Rgba8::new(width, height, bytes).expect("sides and length were checked")))
    }

    /// Waits for ffmpeg: a stream that ended may have ended by a damaged file.
    fn finish(&mut self) -> Result<(), VideoError> {
        let status =
            self.child.wait().map_err(|source| VideoError::Pipe { path: self.path.clone(), source })?;
        let reason = last_line(&self.complaints);
        match (status.success() && reason.is_none(), self.next) {
            (true, frame @ 1..) if y4m_has_more_than(&self.path, frame) => {
                Err(VideoError::CutOff { path: self.path.clone(), frame })
            }
            (true, 1..) => Ok(()),
            (true, 0) => Err(self.undecodable("it has no frames".to_owned())),
            (false, _) => {
                let after =
                    format!("after {} frames: {}", self.next, reason.unwrap_or_else(|| status.to_string()));
                Err(self.undecodable(after))
            }
        }
    }

    fn undecodable(&self, reason: String) -> VideoError {
        VideoError::Decode { path: self.path.clone(), reason }
    }
}

impl Iterator for Reader {
    type Item = Result<Rgba8, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let frame = self.read_frame().transpose();
        self.done = !matches!(frame, Some(Ok(_)));
        frame
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // A reader that is dropped early leaves ffmpeg behind a closed pipe; both calls fail harmlessly
        // where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads every frame of a video file.
///
/// # Errors
/// [`VideoError`], see [`Reader`].
pub fn read_frames(path: &Path) -> Result<Vec<Rgba8>, VideoError> {
    Reader::open(path)?.collect()
}

/// A video file being written: to a temporary file, which takes its name when all is well.
pub struct Writer {
    path: PathBuf,
    /// Ends before the unfinished file goes: an encoder that still runs would make it again.
    encoder: Encoder,
    stdin: Option<ChildStdin>,
    complaints: NamedTempFile,
    unfinished: TempPath,
    size: (usize, usize),
}

/// An encoder that does not outlive its [`Writer`].
struct Encoder(Child);

impl Drop for Encoder {
    fn drop(&mut self) {
        // Both fail harmlessly where it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Writer {
    /// Starts encoding frames of `width` x `height` at `rate` frames a second (a fraction). The codec
    /// follows from the file's ending (`.webm`: VP9, other: H.264); there is no audio and no metadata. Odd
    /// sides are padded by a pixel where the codec wants even ones.
    ///
    /// # Errors
    /// [`VideoError`] if ffmpeg is missing or the folder cannot be written.
    pub fn create(path: &Path, width: usize, height: usize, rate: &str) -> Result<Self, VideoError> {
        let ending = path.extension().and_then(|end| end.to_str()).unwrap_or("mp4").to_owned();
        let unfinished = atomic::unfinished(path)
            .map_err(|source| VideoError::Encode { path: path.to_owned(), reason: source.to_string() })?;
        let complaints = temporary(path)?;
        let codec: &[&str] = match ending.as_str() {
            "webm" => {
                &["-c:v", "libvpx-vp9", "-crf", "32", "-b:v", "0", "-deadline", "realtime", "-cpu-used", "6"]
            }
            "y4m" => &[],
            _ => &["-c:v", "libx264", "-crf", "20", "-preset", "veryfast"],
        };
        let mut command = Command::new("ffmpeg");
        command.args(["-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba"]);
        command.args(["-s", &format!("{width}x{height}"), "-r", rate, "-i", "-", "-an"]);
        command.args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p", "-map_metadata", "-1"]);
        command.args(codec).arg(local(&unfinished));
        let child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::null()), &complaints, path)?;
        let mut encoder = Encoder(child);
        let stdin = encoder.0.stdin.take();
        Ok(Self { path: path.to_owned(), encoder, stdin, complaints, unfinished, size: (width, height) })
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// [`VideoError::Encode`] if the frame has another size or the encoder stopped.
    pub fn write(&mut self, frame: &Rgba8) -> Result<(), VideoError> {
        let size = (frame.width(), frame.height());
        if size != self.size {
            let reason = format!("its frames change size from {:?} to {size:?}", self.size);
            return Err(VideoError::Encode { path: self.path.clone(), reason });
        }
        let stdin = self.stdin.as_mut().expect("only finish() takes the pipe");
        stdin.write_all(frame.bytes()).map_err(|source| match last_line(&self.complaints) {
            Some(reason) => VideoError::Encode { path: self.path.clone(), reason },
            None => VideoError::Pipe { path: self.path.clone(), source },
        })
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// [`VideoError::Encode`] if the encoder refuses or the file cannot be renamed.
    pub fn finish(mut self) -> Result<(), VideoError> {
        drop(self.stdin.take());
        let status =
            self.encoder.0.wait().map_err(|source| VideoError::Pipe { path: self.path.clone(), source })?;
        let encode = |reason| VideoError::Encode { path: self.path.clone(), reason };
        if !status.success() {
            return Err(encode(last_line(&self.complaints).unwrap_or_else(|| status.to_string())));
        }
        self.unfinished.persist(&self.path).map_err(|error| encode(error.to_string()))
    }
}

/// The path as ffmpeg takes it for a file, whatever characters it begins with.
fn local(path: &Path) -> std::ffi::OsString {
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    name
}

/// Frame rate and, where the container tells, number of frames.
fn probe(path: &Path) -> Result<(String, Option<u64>), VideoError> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "v:0", "-of", "default=noprint_wrappers=1"]);
    command.args(["-show_entries", "stream=avg_frame_rate,r_frame_rate,nb_frames"]).arg(local(path));
    let output = command.output().map_err(|source| VideoError::NoProgram { program: "ffprobe", source })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let entry = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let is_rate =
        |rate: &&str| rate.split('/').all(|part| part.parse::<u64>().is_ok_and(|number| number > 0));
    let rate = entry("avg_frame_rate").filter(is_rate).or_else(|| entry("r_frame_rate").filter(is_rate));
    match rate {
        Some(rate) => Ok((rate.to_owned(), entry("nb_frames").and_then(|count| count.parse().ok()))),
        None => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let reason = complaint.lines().last().unwrap_or("it has no video stream").to_owned();
            Err(VideoError::Decode { path: path.to_owned(), reason })
        }
    }
}

/// Reads the header of a PAM picture; `None` at the end of the stream.
fn read_header(stream: &mut impl io::BufRead) -> io::Result<Option<(usize, usize)>> {
    let (mut width, mut height) = (0_usize, 0_usize);
    let mut line = String::new();
    for number in 0.. {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return if number == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        match line.trim_end().split_once(' ') {
            Some(("WIDTH", value)) => width = value.parse().map_err(io::Error::other)?,
            Some(("HEIGHT", value)) => height = value.parse().map_err(io::Error::other)?,
            None if line.trim_end() == "ENDHDR" => break,
            _ => {}
        }
    }
    match width.checked_mul(height) {
        Some(1..=MOST_PIXELS) => Ok(Some((width, height))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Whether bytes follow after `frames` frames of a YUV4MPEG2 file: ffmpeg drops an incomplete last frame
/// of that format without a word. `false` for other formats.
fn y4m_has_more_than(path: &Path, frames: usize) -> bool {
    let length = || -> Option<(u64, u64)> {
        let mut header = String::new();
        let file = std::fs::File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        BufReader::new(file.take(256)).read_line(&mut header).ok()?;
        let mut words = header.strip_prefix("YUV4MPEG2 ")?.split_whitespace();
        let number = |words: &mut std::str::SplitWhitespace<'_>, tag: char| -> Option<u64> {
            words.clone().find_map(|word| word.strip_prefix(tag)?.parse().ok())
        };
        let (width, height) = (number(&mut words, 'W')?, number(&mut words, 'H')?);
        let chroma = words.find_map(|word| word.strip_prefix('C')).unwrap_or("420");
        let halves = width.div_ceil(2) * height.div_ceil(2);
        let samples = match chroma {
            "420" | "420jpeg" | "420mpeg2" | "420paldv" => width * height + 2 * halves,
            "422" => width * height + 2 * width.div_ceil(2) * height,
            "444" => 3 * width * height,
            "mono" => width * height,
            _ => return None,
        };
        let frame = samples + "FRAME\n".len() as u64;
        Some((length, header.len() as u64 + frames as u64 * frame))
    };
    length().is_some_and(|(found, read)| found > read)
}

fn temporary(path: &Path) -> Result<NamedTempFile, VideoError> {
    NamedTempFile::new().map_err(|source| VideoError::Pipe { path: path.to_owned(), source })
}

fn spawn(command: &mut Command, complaints: &NamedTempFile, path: &Path) -> Result<Child, VideoError> {
    let pipe = |source| VideoError::Pipe { path: path.to_owned(), source };
    let stderr = complaints.reopen().map_err(pipe)?;
    command.stderr(stderr).spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => VideoError::NoProgram { program: "ffmpeg", source },
        _ => pipe(source),
    })
}

/// The last thing ffmpeg complained of.
fn last_line(complaints: &NamedTempFile) -> Option<String> {
    let file = complaints.reopen().ok()?;
    BufReader::new(file).lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_the_end_is_the_end() {
        let mut stream =
            io::Cursor::new(b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
        assert_eq!(read_header(&mut stream).expect("a header"), Some((3, 2)), "3x2");
        assert_eq!(read_header(&mut stream).expect("the end"), None, "nothing follows");
    }

    #[test]
    fn a_header_that_stops_short_or_claims_too_much_is_refused() {
        for text in
            ["P7\nWIDTH 3\n", "P7\nWIDTH 3\nHEIGHT 0\nENDHDR\n", "P7\nWIDTH 999999\nHEIGHT 999999\nENDHDR\n"]
        {
            let header = read_header(&mut io::Cursor::new(text));
            assert!(header.is_err(), "{text:?} was read as {header:?}");
        }
    }
}
