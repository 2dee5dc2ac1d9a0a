"""Gain over time: fades and ducking, worked out once, when every onset is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from voice_guide.score.model import Envelope, Point, Span
from voice_guide.sound.clip import Frames, seconds_to_frames

# Down fast enough to be out of the way, back so slowly that nobody hears it: W3C WCAG 1.4.7 asks
# for 20 dB under speech; 80 ms and 1 s are a mixing engineer's usual times for a bed.
_ATTACK: Final[Frames] = seconds_to_frames(0.08)
_RELEASE: Final[Frames] = seconds_to_frames(1.0)


def fade(span: Span, fade_in: Frames, fade_out: Frames, floor: float = 0.0) -> Envelope:
    """Return a rise from `floor` to 1 and a fall to 0 at the ends of a span, shorter if crowded."""
    crowded = min(1.0, span.length / max(1, fade_in + fade_out))
    up, down = int(fade_in * crowded), int(fade_out * crowded)
    points = [
        Point(span.onset, floor),
        Point(span.onset + up, 1.0),
        Point(span.end - down, 1.0),
        Point(span.end, 0.0),
    ]
    return tuple(_last_of_each_frame(points))


def duck(spoken: Iterable[Span], gain: float) -> Envelope:
    """Return an envelope that is down at `gain` for as long as any of the spans lasts."""
    points: list[Point] = []
    for span in _joined(sorted(spoken)):
        down = max(0, span.onset - _ATTACK)
        points += [
            Point(down, 1.0),
            Point(span.onset, gain),
            Point(span.end, gain),
            Point(span.end + _RELEASE, 1.0),
        ]
    return tuple(_last_of_each_frame(points))


def multiply(one: Envelope, other: Envelope) -> Envelope:
    """Return the product, exact at every corner of either."""
    frames = sorted({point.frame for point in (*one, *other)})
    return tuple(Point(frame, gain_at(one, frame) * gain_at(other, frame)) for frame in frames)


def gain_at(envelope: Envelope, frame: Frames) -> float:
    """Return the gain at one frame; 1 for an empty envelope."""
    if not envelope:
        return 1.0
    after = bisect_right(envelope, frame, key=lambda point: point.frame)
    if after == 0:
        return envelope[0].gain
    left = envelope[after - 1]
    if after == len(envelope):
        return left.gain
    right = envelope[after]
    share = (frame - left.frame) / (right.frame - left.frame)
    return left.gain + share * (right.gain - left.gain)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Join spans that are too near for the gain to come up and go down between them."""
    held: Span | None = None
    for span in spans:
        if held is not None and span.onset - held.end <= _ATTACK + _RELEASE:
            held = Span(held.onset, max(held.end, span.end))
        else:
            if held is not None:
                yield held
            held = span
    if held is not None:
        yield held


def _last_of_each_frame(points: Iterable[Point]) -> Iterator[Point]:
    yield from {point.frame: point for point in points}.values()
