"""The like of a session, made and mixed by SoX and by ffmpeg, as fairly as they can."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.material import spans
from voice_guide.score.model import Score, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE

ROUND_S = 19
BELL_EVERY_S = 300


@dataclass(frozen=True)
class Sounds:
    """What a peer starts from. The speech is ready for each, as our clips are for us."""

    folder: Path
    seconds: int
    stems: tuple[Path, ...]
    """Voice first: what was rendered, for peers that only mix."""

    @property
    def target(self) -> Path:
        return self.folder / "theirs.wav"


def write_sounds(score: Score, folder: Path) -> Sounds:
    """Write each stem of a score to a WAV of 16 bits."""
    paths = []
    for stem in (Stem.VOICE, Stem.PACER, Stem.BELLS, Stem.BED):
        paths.append(folder / f"{stem}.wav")
        with soundfile.SoundFile(paths[-1], "w", SAMPLE_RATE, 2, "PCM_16") as file:
            for start, stop in spans(score.length, 1 << 20):
                file.write(np.ascontiguousarray(render(score, start, stop, {stem})))
    return Sounds(folder, score.length // SAMPLE_RATE, tuple(paths))


def run(command: list[str]) -> None:
    """Run one command; what it says matters only when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")


def sox(sounds: Sounds) -> list[str]:
    """Pink noise and a drone; one gliding breath and one bell, repeated; speech from its file.

    SoX cannot duck one sound under another, so it is let off that.
    """
    seconds, voice = sounds.seconds, sounds.stems[0]
    rate = f"-r {SAMPLE_RATE}"
    breath = "fade h 1 {} 1 pad 0 {} repeat {}"
    glide = breath.format(12, ROUND_S - 12, seconds // ROUND_S)
    bell = f"fade l 0.012 12 11.9 pad 0 {BELL_EVERY_S - 12} repeat {seconds // BELL_EVERY_S - 1}"
    bed = f"synth {seconds} pinknoise synth {seconds} sine mix 110 gain -30"
    inputs = [
        f'"|sox -n {rate} -c 2 -p {bed}"',
        f'"|sox -n {rate} -c 2 -p synth 12 sine 110/165 {glide} gain -20"',
        f'"|sox -n {rate} -c 2 -p synth 12 sine 220 sine 221 synth sine mix 609 {bell} gain -20"',
    ]
    mixed = f"sox -m {' '.join(inputs)} -v 1 {voice} -b 16 {sounds.target} trim 0 {seconds}"
    return ["sh", "-c", f"{mixed} fade 3 {seconds} 5"]


def sox_mix(sounds: Sounds) -> list[str]:
    """Add four finished stems, and fade both ends."""
    inputs = [word for stem in sounds.stems for word in ("-v", "1", str(stem))]
    seconds = sounds.seconds
    return ["sox", "-m", *inputs, "-b", "16", str(sounds.target), "fade", "3", str(seconds), "5"]


def ffmpeg(sounds: Sounds) -> list[str]:
    """The same with ffmpeg, which also ducks the bed under the speech."""
    seconds, rate = sounds.seconds, SAMPLE_RATE
    sines = ";".join(f"sine=f={hz}:r={rate}:d={seconds}[s{hz}]" for hz in (110, 165, 220))
    glide = "sin(2*PI*(110*t+2.3*t*t))*sin(PI*t/12)"
    ring = "exp(-t/3)*(sin(2*PI*220*t)+sin(2*PI*221*t)+sin(2*PI*609*t))"
    graph = f"""
        anoisesrc=c=pink:r={rate}:d={seconds}:a=0.05[noise];{sines};
        [noise][s110][s165][s220]amix=4:normalize=0:weights=1 .02 .01 .01,
        aformat=channel_layouts=stereo[bed];
        [0:a]asplit[voice][key];
        [bed][key]sidechaincompress=threshold=0.02:ratio=4:attack=80:release=1000[ducked];
        aevalsrc={glide}:s={rate}:d=12,apad=whole_dur={ROUND_S},
        aloop=-1:size={ROUND_S * rate},volume=-20dB,aformat=channel_layouts=stereo[pacer];
        aevalsrc={ring}:s={rate}:d=12,apad=whole_dur={BELL_EVERY_S},
        aloop=-1:size={BELL_EVERY_S * rate},volume=-20dB,aformat=channel_layouts=stereo[bells];
        [voice][ducked][pacer][bells]amix=4:normalize=0:duration=first,
        afade=in:d=3,afade=out:st={seconds - 5}:d=5[out]"""
    return _ffmpeg([sounds.stems[0]], graph, sounds)


def ffmpeg_mix(sounds: Sounds) -> list[str]:
    """Duck and add four finished stems, and fade both ends."""
    graph = f"""
        [0:a]asplit[voice][key];
        [3:a][key]sidechaincompress=threshold=0.02:ratio=4:attack=80:release=1000[ducked];
        [voice][1:a][2:a][ducked]amix=4:normalize=0,
        afade=in:d=3,afade=out:st={sounds.seconds - 5}:d=5[out]"""
    return _ffmpeg(list(sounds.stems), graph, sounds)


def _ffmpeg(inputs: list[Path], graph: str, sounds: Sounds) -> list[str]:
    files = [word for path in inputs for word in ("-i", str(path))]
    one_line = "".join(line.strip() for line in graph.splitlines())
    return [
        *("ffmpeg", "-hide_banner", "-v", "error", "-y", "-threads", "1", *files),
        *("-filter_complex_threads", "1", "-filter_complex", one_line, "-map", "[out]"),
        *("-t", str(sounds.seconds), "-c:a", "pcm_s16le", str(sounds.target)),
    ]
