"""Networks by others, asked about clips that `bauta judge --write-clips` has written; see scripts/judge-openvino."""

import argparse
import csv
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
from PIL import Image

RE_IDENTIFIER = "person-reidentification-retail-0288"
AGE_GENDER = "age-gender-recognition-retail-0013"
FILES = {RE_IDENTIFIER: "FP32", AGE_GENDER: "FP16-INT8"}
POSE = "mediapipe pose_landmark_full"
BODY = 33  # its first keypoints are those of a body, the others for its own use
ARMS = [13, 14, 15, 16]  # elbows and wrists among its keypoints: what moves most of somebody who stands
NEAR = 0.1  # of the longer side of the box around the keypoints of the raw frame
SEEN = 0.5  # the least that it must be sure of a body, in [0, 1]
DRAWS = 2000
EQUAL = 1e-6  # cosines that differ by less count as equal
Z = 1.959963984540054


class Refused(Exception):
    """A sentence for the user: the thing, the cause and the way out."""


@dataclass(frozen=True)
class Clip:
    """A row of a manifest: its name and labels, and where its strip lies."""

    name: str
    strip: Path
    width: int
    subject: str
    action: str
    attributes: dict
    split: str

    @property
    def group(self):
        """The part of the name before `/`: people are compared only within it."""
        return self.name.partition("/")[0] if "/" in self.name else None


def clips_of(manifest):
    """The clips of a manifest, in order."""
    with open(manifest, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Clip(
            name=row["clip"],
            strip=manifest.parent / row["source"],
            width=int(row["kind"].removeprefix("strip:")),
            subject=row["subject"],
            action=row["action"],
            attributes=dict(pair.split("=", 1) for pair in row["attributes"].split("|") if pair),
            split=row["split"],
        )
        for row in rows
    ]


def frames_of(clip, most):
    """At most `most` frames from the first to the last, of one the middle: each `[h, w, 3]`, RGB, 0 to 255."""
    strip = np.asarray(Image.open(clip.strip).convert("RGB"))
    count = strip.shape[1] // clip.width
    shown = max(1, min(most, count))
    places = [count // 2] if shown == 1 else [place * (count - 1) // (shown - 1) for place in range(shown)]
    return [strip[:, place * clip.width : (place + 1) * clip.width] for place in places]


class Network:
    """A network of the data folder, on the processor."""

    def __init__(self, data, name):
        path = data / "attackers" / "openvino" / name / FILES[name] / f"{name}.xml"
        if not path.is_file():
            raise Refused(f"{name} is not there ({path} is missing); name another data folder with --data DIR")
        self.model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.height, self.width = self.model.inputs[0].shape[2:]

    def ask(self, picture):
        """Its answers to a picture `[h, w, 3]`, RGB, 0 to 255: each output flat, by name."""
        sized = Image.fromarray(picture).resize((self.width, self.height), Image.Resampling.BILINEAR)
        planes = np.asarray(sized, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1)[None]  # BGR
        answers = self.model({0: planes}).to_dict().items()
        return {name: value.ravel() for output, value in answers for name in output.names}


class Pose:
    """A network that finds the keypoints of one body in a picture."""

    def __init__(self):
        path = Path(sys.prefix) / "pose_landmark_full.tflite"
        self.model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.side = self.model.inputs[0].shape[1]

    def ask(self, picture):
        """What it finds in a picture `[h, w, 3]`, RGB, 0 to 255: whether there is a body, where its keypoints are (`[33, 2]`, in
        pixels), and which of them are seen."""
        sized = Image.fromarray(picture).resize((self.side, self.side), Image.Resampling.BILINEAR)
        answers = {value.size: value.ravel() for value in self.model(np.asarray(sized, np.float32)[None] / 255).values()}
        points = answers[195].reshape(-1, 5)[:BODY]
        places = points[:, :2] / self.side * [picture.shape[1], picture.shape[0]]
        return answers[1][0] > SEEN, places, points[:, 3] > 0  # a logit: more than even odds


def unit(vector):
    """At unit length; zeros where there is no finite length."""
    length = np.linalg.norm(vector.astype(np.float64))
    return vector / length if np.isfinite(length) and length > 0 else np.zeros_like(vector)


def middle(picture):
    """The middle half of the columns: for scenes in which somebody stands in the middle."""
    across = (picture.shape[1] + 1) // 2
    start = (picture.shape[1] - across) // 2
    return picture[:, start : start + across]


FITS = {"whole": lambda picture: picture, "middle": middle}


def represent(network, clips, frames, fit):
    """The mean vector of each clip."""
    of_frame = lambda picture: unit(next(iter(network.ask(FITS[fit](picture)).values())))
    return [unit(np.sum([of_frame(picture) for picture in frames_of(clip, frames)], axis=0)) for clip in clips]


def identify(clips, probes, gallery):
    """For each clip whose person is in its gallery, the clips of other actions: the share of the nearest that show
    this person, and how many people the gallery holds."""
    found = []
    for probe, vector in zip(clips, probes):
        others = [
            (float(np.dot(vector, known)), other.subject)
            for other, known in zip(clips, gallery)
            if other.group == probe.group and other.action != probe.action
        ]
        people = {subject for _, subject in others}
        if probe.subject in people:
            nearest = max(cosine for cosine, _ in others)
            tied = [subject for cosine, subject in others if cosine > nearest - EQUAL]
            found.append((tied.count(probe.subject) / len(tied), len(people)))
    return found


def wilson(share, n):
    """The 95 % interval of a share of n trials (Wilson, 1927)."""
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * (share * (1 - share) / n + Z * Z / (4 * n * n)) ** 0.5
    return max(centre - half, 0.0), min(centre + half, 1.0)


def estimate(of_clips):
    """The mean with its 95 % interval: the percentile bootstrap over clips, or Wilson's where all clips agree."""
    of_clips = np.asarray(of_clips, dtype=np.float64)
    n, value = len(of_clips), float(np.mean(of_clips))
    drawn = np.random.RandomState(0).randint(0, n, size=(DRAWS, n))  # the same lists every time
    means = np.sort(of_clips[drawn].mean(axis=1))
    low, high = (float(means[round(share * (DRAWS - 1))]) for share in (0.025, 0.975))
    if low == high:
        low, high = wilson(value, n)
    return {"value": value, "low": min(low, value), "high": max(high, value)}


def row(shown, measure, attacker, of_clips, chance):
    """A figure as reports have it."""
    names = {"dataset": shown["dataset"], "measure": measure, "method": shown["method"]}
    by = {"protocol": "outside", "attacker": attacker}
    return names | by | estimate(of_clips) | {"chance": chance, "n": len(of_clips), "seeds": 1}


def who(network, shown_clips, frames, actions):
    """Who is seen: for each way that the clips of one set are shown, raw clips first."""
    wanted = lambda clip: clip.subject and clip.action and (not actions or clip.action in actions)
    fit_clips = [(shown, [clip for clip in clips if wanted(clip)]) for shown, clips in shown_clips]
    raw = fit_clips[0][1]
    vectors = {fit: represent(network, raw, frames, fit) for fit in FITS}
    right = lambda fit: sum(share for share, _ in identify(raw, vectors[fit], vectors[fit]))
    fit = "middle" if right("middle") > right("whole") else "whole"  # as shown names more people in raw clips
    for shown, clips in fit_clips:
        probes = vectors[fit] if clips is raw else represent(network, clips, frames, fit)
        for gallery, name in ((vectors[fit], "to raw"), (probes, "among anonymized")):
            found = identify(clips, probes, gallery)
            if found:
                chance = sum(1 / people for _, people in found) / len(found)
                measure = f"re-identification by others, top-1 {name}"
                yield row(shown, measure, RE_IDENTIFIER, [share for share, _ in found], chance)


def gender(network, shown_clips):
    """Which gender: of the pictures of the test split whose answer is known."""
    for shown, clips in shown_clips:
        asked = [clip for clip in clips if clip.split == "test" and clip.attributes.get("gender") in ("f", "m")]
        if not asked:
            continue
        answers = [network.ask(frames_of(clip, 1)[0])["prob"] for clip in asked]
        guesses = ["fm"[int(np.argmax(answer))] for answer in answers]
        truth = [clip.attributes["gender"] for clip in asked]
        chance = max(Counter(truth).values()) / len(truth)
        hits = [float(guess == label) for guess, label in zip(guesses, truth)]
        yield row(shown, "gender, top-1", AGE_GENDER, hits, chance)


def near_arms(truth, places):
    """The share of the elbows and wrists seen in a raw frame that are near those places."""
    _, true, seen = truth
    arms = [point for point in ARMS if seen[point]]
    longest = np.ptp(true[seen], axis=0).max()
    return float(np.mean(np.linalg.norm(places[arms] - true[arms], axis=1) <= NEAR * longest))


def keypoints(network, shown_clips, frames, actions):
    """Where the parts of a body are: PCK (Yang & Ramanan, 2013), in place of the truth what the network finds in raw frames.
    By chance: what is right by the mean places in raw frames."""
    wanted = lambda clips: [clip for clip in clips if not actions or clip.action in actions]
    shown_clips = [(shown, wanted(clips)) for shown, clips in shown_clips]
    raw = shown_clips[0][1]
    truth = [[network.ask(picture) for picture in frames_of(clip, frames)] for clip in raw]
    told = lambda answer: answer[0] and any(answer[2][point] for point in ARMS)
    places = [[place for place, answer in enumerate(of_clip) if told(answer)] for of_clip in truth]
    asked = [number for number, of_clip in enumerate(places) if of_clip]
    if len(asked) < len(raw) / 2:
        print(f"{shown_clips[0][0]['dataset']}: no body with arms in most raw clips, left out", file=sys.stderr)
        return
    mean = np.mean([truth[number][place][1] for number in asked for place in places[number]], axis=0)
    over = lambda number, value: float(np.mean([value(place) for place in places[number]]))
    right = lambda number, of: over(number, lambda place: near_arms(truth[number][place], of(place)))
    chance = float(np.mean([right(number, lambda _: mean) for number in asked]))
    for shown, clips in shown_clips[1:]:
        found = {number: [network.ask(picture) for picture in frames_of(clips[number], frames)] for number in asked}
        bodies = [over(number, lambda place: float(found[number][place][0])) for number in asked]
        hits = [right(number, lambda place: found[number][place][1]) for number in asked]
        size = f"{clips[0].width} pixels"
        yield row(shown, f"keypoints, bodies found, {size}", POSE, bodies, None)
        yield row(shown, f"keypoints, PCK at {NEAR} of elbows and wrists, {size}", POSE, hits, chance)


def sets_of(folder):
    """For each set of clips.json, its clips in each way they are shown, raw ones first."""
    path = folder / "clips.json"
    if not path.is_file():
        raise Refused(f"{path} is missing; write clips with bauta judge .. --write-clips {folder}")
    sets = {}
    for shown in json.loads(path.read_text(encoding="utf-8")):
        sets.setdefault(shown["dataset"], []).append((shown, clips_of(folder / shown["manifest"])))
    return list(sets.values())


def of_faces(clips):
    """Whether a set holds single pictures: the network for gender wants faces that fill them."""
    return all(Image.open(clip.strip).width == clip.width for clip in clips[:8])


def rows(folder, data, frames, actions, pose):
    """The rows of all sets."""
    sets = sets_of(folder)
    if pose:
        network = Pose()
        return [row for shown_clips in sets for row in keypoints(network, shown_clips, frames, actions)]
    found = []
    for shown_clips in sets:
        raw = shown_clips[0][1]
        if any(clip.subject and clip.action for clip in raw):
            found += who(Network(data, RE_IDENTIFIER), shown_clips, frames, actions)
        if of_faces(raw) and any("gender" in clip.attributes for clip in raw):
            found += gender(Network(data, AGE_GENDER), shown_clips)
    return found


def table(found):
    """The rows as Markdown."""
    lines = ["| set | transform | measure | value [95 % interval] | chance | n | by |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in found:
        chance = "-" if row["chance"] is None else f"{row['chance']:.2f}"
        value = f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        cells = [row["dataset"], row["method"], row["measure"], value, chance, str(row["n"]), row["attacker"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Prints the rows, or writes them whole or not at all."""
    parser = argparse.ArgumentParser(prog="judge-openvino")
    parser.add_argument("clips", type=Path)
    parser.add_argument("--data", type=Path, default=os.environ.get("BAUTA_DATA"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--frames", type=int, default=3)
    parser.add_argument("--pose", action="store_true")
    parser.add_argument("--actions", type=lambda text: text.split(","), default=[])
    options = parser.parse_args()
    if options.data is None and not options.pose:
        raise Refused("no data folder: name one with --data DIR or the variable BAUTA_DATA")
    found = rows(options.clips, options.data, options.frames, options.actions, options.pose)
    text = json.dumps(found, indent=2) + "\n"
    if options.out is None:
        print(text, end="")
        return
    unfinished = options.out.with_name(f".unfinished-{os.getpid()}-{options.out.name}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(options.out)
    print(table(found))
    print(f"wrote {options.out}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"judge-openvino: {refused}")
