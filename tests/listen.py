"""What a session sounds like, to look at: its spectrogram with every cue drawn where it starts.

    ./dev listen SCRIPT [--length 3m] [--from 0:30 --to 1:30] [-o out.png]

The session is spoken by the real voice and written to a WAV file beside the picture.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from voice_guide.app import build
from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.asking import Wishes, read_ask
from voice_guide.frontends.cli.arguments import parse_length
from voice_guide.output.export import export
from voice_guide.score.model import Cue, CueKind, Score, Stem
from voice_guide.score.render import render
from voice_guide.script.model import Phase
from voice_guide.session.prepare import Prepared, prepare
from voice_guide.sound.clip import SAMPLE_RATE, Samples, frames_to_seconds, seconds_to_frames

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOLDER: Final = Path(__file__).parents[1] / "out"
TOP_HZ: Final = 8_000.0
BOTTOM_HZ: Final = 60.0
FLOOR_DB: Final = -95.0
CEILING_DB: Final = -25.0
_WINDOW: Final = 4_096
_ROWS: Final = 360
_COLUMNS: Final = 1_700

INK: Final = "#23282e"
COLOURS: Final = {
    "in": "#3f8fd2",
    "hold": "#c9a227",
    "out": "#3aa676",
    "rest": "#9a8f80",
    "tense": "#d2603f",
    "release": "#3aa676",
    "write": "#8a6fc0",
    "bell": "#b0507a",
    "speech": "#23282e",
}
STEM_COLOURS: Final = {
    Stem.VOICE: "#23282e",
    Stem.PACER: "#3f8fd2",
    Stem.BELLS: "#b0507a",
    Stem.BED: "#9a8f80",
}


@dataclass(frozen=True, slots=True)
class View:
    """The stretch that is drawn, in seconds."""

    start_s: float
    stop_s: float

    @property
    def length_s(self) -> float:
        return self.stop_s - self.start_s

    @property
    def frames(self) -> tuple[int, int]:
        return seconds_to_frames(self.start_s), seconds_to_frames(self.stop_s)


def prepare_session(name: str, length_s: float | None = None) -> Prepared:
    """Speak and compile a script by the real voice, with the first seed."""
    services = build()
    try:
        ask = read_ask(services, name, Wishes(length_s=length_s, seed=0))
        prepared = prepare(ask, services.engine(), services.palette())
    finally:
        services.close()
    if prepared.notice:
        raise VoiceGuideError(prepared.notice, "`voice-guide doctor` looks at the engine.")
    return prepared


# ---- Figures -------------------------------------------------------------------------------------


def spectrogram_db(mono: Samples, columns: int = _COLUMNS) -> NDArray[np.float32]:
    """Return the power of `rows` bands, spaced by the logarithm, over `columns` moments.

    Parameters
    ----------
    mono
        float32 `[frames]` at 48 kHz.
    columns
        How many moments; each shows the loudest of the windows in it, so that no click is missed.

    Returns
    -------
    float32 `[_ROWS, columns]`, dB, from 60 Hz to 8 kHz.
    """
    padded = np.pad(mono, _WINDOW // 2)
    hop = max(1, min(_WINDOW // 4, mono.size // columns))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: mono.size : hop]
    edges = np.geomspace(BOTTOM_HZ, TOP_HZ, _ROWS + 1) * _WINDOW / SAMPLE_RATE
    bins = np.clip(np.round((edges[:-1] + edges[1:]) / 2).astype(int), 1, _WINDOW // 2)
    taper = (np.hanning(_WINDOW) * 2 / _WINDOW).astype(np.float32) * 2
    moment = (np.arange(len(windows)) * columns) // len(windows)
    picture = np.full((columns, _ROWS), FLOOR_DB, np.float32)
    for first in range(0, len(windows), 256):
        level = np.abs(np.fft.rfft(windows[first : first + 256] * taper))[:, bins]
        np.maximum.at(
            picture, moment[first : first + 256], 20 * np.log10(level + 1e-9).astype(np.float32)
        )
    return picture.T


def level_dbfs(samples: Samples, columns: int = _COLUMNS) -> NDArray[np.float64]:
    """Return the root mean square of each of `columns` stretches, in dB to full scale."""
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    power = np.add.reduceat(np.square(samples, dtype=np.float64).mean(axis=1), edges[:-1])
    return 10 * np.log10(power / np.maximum(1, np.diff(edges)) + 1e-12)


# ---- Drawing -------------------------------------------------------------------------------------


def draw(score: Score, view: View, path: Path) -> None:
    """Draw one stretch of a score to a PNG."""
    import matplotlib as mpl  # noqa: PLC0415 - half a second, and the tests of words need none

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    style: dict[Any, Any] = {
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": "#9aa0a6",
    }
    with plt.rc_context(style):
        figure, (words, picture, levels) = plt.subplots(
            3, 1, figsize=(15, 7.6), sharex=True, height_ratios=(2.1, 3.6, 1.5), dpi=100
        )
        start, stop = view.frames
        mix = render(score, start, stop).mean(axis=1)
        _draw_picture(picture, mix, view)
        _draw_cues(words, picture, score, view)
        _draw_levels(levels, score, view)
        _finish(figure, words, score, view)
        figure.savefig(path, pil_kwargs={"optimize": True})
        plt.close(figure)
    _make_small(path)


def _draw_picture(axes: Axes, mix: Samples, view: View) -> None:
    axes.imshow(
        spectrogram_db(mix),
        origin="lower",
        aspect="auto",
        extent=(view.start_s, view.stop_s, 0.0, 1.0),
        vmin=FLOOR_DB,
        vmax=CEILING_DB,
        cmap="magma",
        interpolation="nearest",
    )
    marks = (100, 200, 500, 1_000, 2_000, 5_000)
    whole = np.log(TOP_HZ / BOTTOM_HZ)
    axes.set_yticks([np.log(hz / BOTTOM_HZ) / whole for hz in marks], [f"{hz:,}" for hz in marks])
    axes.set_ylabel("Hz")


def _draw_cues(words: Axes, picture: Axes, score: Score, view: View) -> None:
    words.set_ylim(0.0, 1.0)
    words.set_yticks([0.12, 0.55], ["phase", "words"])
    words.tick_params(axis="y", length=0)
    close = view.length_s <= 60
    for cue in score.cues:
        onset_s, end_s = (frames_to_seconds(frame) for frame in cue.span)
        if end_s <= view.start_s or onset_s >= view.stop_s or cue.kind is CueKind.BED:
            continue
        colour = COLOURS[_name(cue)]
        if cue.kind is not CueKind.SPEECH and cue.kind is not CueKind.BELL:
            words.axvspan(onset_s, end_s, 0.0, 0.24, color=colour, alpha=0.85, lw=0)
        if onset_s >= view.start_s:
            spoken = cue.kind is CueKind.SPEECH
            alpha = 0.5 if spoken and not close else 0.85
            line = "white" if spoken else colour
            picture.axvline(onset_s, lw=0.9, alpha=alpha, ls="--", color=line)
    _label_phases(words, score, view)
    _label_words(words, score, view)
    for section in score.sections:
        at_s = frames_to_seconds(section.onset)
        if view.start_s <= at_s < view.stop_s:
            words.axvline(at_s, color="#c9cdd2" if not close else INK, lw=1.2, zorder=0)
            words.plot([at_s, at_s], [0.95, 1.1], color=INK, lw=1.2, clip_on=False)
            words.text(at_s, 1.03, f" {section.title}", weight="bold", fontsize=10, clip_on=False)


def _name(cue: Cue) -> str:
    return cue.phase.value if cue.kind is CueKind.BREATH and cue.phase else cue.kind.value


def _label_phases(axes: Axes, score: Score, view: View) -> None:
    """Name each coloured stretch that is wide enough for its name."""
    for cue in score.cues:
        if cue.kind in (CueKind.SPEECH, CueKind.BED, CueKind.BELL):
            continue
        onset_s, end_s = (frames_to_seconds(frame) for frame in cue.span)
        low, high = max(onset_s, view.start_s), min(end_s, view.stop_s)
        label = _name(cue)
        if cue.round is not None and cue.phase is Phase.IN and view.length_s <= 60:
            label = f"{label} (round {cue.round})"
        if high - low > _width_s(label, view, 7.5):
            place = ((low + high) / 2, 0.12)
            axes.text(*place, label, ha="center", va="center", color="white", fontsize=7.5)


def _label_words(axes: Axes, score: Score, view: View) -> None:
    """Write what is said where it starts, in as many rows as keep it apart."""
    rows = (0.88, 0.74, 0.60, 0.46, 0.32)
    free_from = [view.start_s] * len(rows)
    marks: list[tuple[Cue, str]] = [
        (cue, cue.text if cue.kind is CueKind.SPEECH else f"({cue.text})")
        for cue in score.cues
        if cue.kind in (CueKind.SPEECH, CueKind.BELL)
        # From afar the numbers between the words of a phase would only crowd them out.
        if view.length_s <= 60 or cue.phase is None or not cue.text.islower()
    ]
    for cue, text in marks:
        onset_s = frames_to_seconds(cue.span.onset)
        if not view.start_s <= onset_s < view.stop_s:
            continue
        shown = _shortened(text, 60 if view.length_s <= 60 else 34)
        room = _width_s(shown, view, 8)
        row = next((n for n, free in enumerate(free_from) if free <= onset_s), None)
        if row is None:
            continue
        turned = onset_s + room > view.stop_s
        at_s = view.stop_s if turned else onset_s
        if turned and free_from[row] > view.stop_s - room:
            continue
        axes.plot([onset_s, onset_s], [0.24, rows[row]], color="#b9bec4", lw=0.5, zorder=0)
        axes.text(
            at_s,
            rows[row],
            shown,
            fontsize=8,
            va="center",
            ha="right" if turned else "left",
            color=COLOURS[cue.kind.value],
        )
        free_from[row] = onset_s + room


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _width_s(text: str, view: View, points: float) -> float:
    """Return about how many seconds of the picture a text covers."""
    return (len(text) + 1.0) * points * 0.53 * view.length_s / 1_000.0


def _draw_levels(axes: Axes, score: Score, view: View) -> None:
    moments = np.linspace(view.start_s, view.stop_s, _COLUMNS, endpoint=False)
    start, stop = view.frames
    for stem in (Stem.BED, Stem.PACER, Stem.BELLS, Stem.VOICE):
        level = level_dbfs(render(score, start, stop, {stem}))
        if level.max() > -80.0:
            colour = STEM_COLOURS[stem]
            axes.plot(moments, np.maximum(level, -80.0), color=colour, lw=0.8, label=stem.value)
    axes.set_ylim(-75.0, 12.0)
    axes.set_yticks([-60, -40, -20])
    axes.set_ylabel("dBFS")
    axes.grid(axis="y", color="#e3e6e8", lw=0.6)
    axes.legend(loc="upper right", ncols=4, frameon=True, framealpha=0.9, fontsize=8)


def _finish(figure: Figure, words: Axes, score: Score, view: View) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415

    steps = [1, 2, 3, 6, 10] if view.length_s > 60 else [1, 2, 5, 10]
    words.set_xlim(view.start_s, view.stop_s)
    words.xaxis.set_major_locator(MaxNLocator(16, steps=steps))
    words.xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: _clock(at_s)))
    for side in ("top", "right", "left", "bottom"):
        words.spines[side].set_visible(False)
    span = f"{_clock(view.start_s)} to {_clock(view.stop_s)}"
    figure.suptitle(f"{score.title}, {span}", x=0.062, ha="left", fontsize=13, weight="bold")
    figure.subplots_adjust(left=0.06, right=0.985, top=0.90, bottom=0.05, hspace=0.06)


def _make_small(path: Path) -> None:
    """Keep the picture to 256 colours: a third of the size, and nothing to see of it."""
    from PIL import Image  # noqa: PLC0415

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


# ---- The command ---------------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Render, draw, and say where both files are."""
    asked = _parse(words)
    try:
        written = tuple(_listen(asked))
    except VoiceGuideError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(map(str, written)))
    return 0


def _listen(asked: argparse.Namespace) -> Iterator[Path]:
    prepared = prepare_session(asked.script, asked.length)
    score = prepared.score
    end_s = frames_to_seconds(score.length)
    view = View(asked.start or 0.0, min(asked.stop or end_s, end_s))
    if view.length_s < 1.0:
        raise VoiceGuideError(
            f"There is nothing to draw from {_clock(view.start_s)} to {_clock(view.stop_s)}.",
            f"The session is {_clock(end_s)} long.",
        )
    picture = asked.output or FOLDER / f"{_slug(score.script)}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    sound = FOLDER / f"{_slug(score.script)}.wav"
    sound.parent.mkdir(parents=True, exist_ok=True)
    yield from export(score, sound, force=True)
    draw(score, view, picture)
    yield picture


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev listen", description=__doc__.split("\n")[0])
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("--length", type=_length, help="as for `render`: 3m, 90s, 1:30")
    parser.add_argument("--from", dest="start", type=_moment, help="draw from here: 0:30")
    parser.add_argument("--to", dest="stop", type=_moment, help="draw up to here: 1:30")
    parser.add_argument("-o", "--output", type=Path, help="the picture, a PNG")
    return parser.parse_args(words)


def _length(text: str) -> float:
    try:
        return parse_length(text)
    except Exception as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _moment(text: str) -> float:
    match = re.fullmatch(r"(?:(\d+):)?(\d+(?:\.\d+)?)s?", text.strip())
    if not match:
        raise argparse.ArgumentTypeError(f'"{text}" is not a moment. Say 0:30, or 30.')
    return 60.0 * float(match[1] or 0) + float(match[2])


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-") or "session"


if __name__ == "__main__":
    sys.exit(main())
