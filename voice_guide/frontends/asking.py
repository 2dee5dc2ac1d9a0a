"""A wish for a session, turned into what is played."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.script.model import Script
    from voice_guide.script.utterance import Voicing
    from voice_guide.session.prepare import Ask

LOST_BED: Final = "There is no bed “{}” any more, so it is the session's own."


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options that every command about a session shares."""

    length_s: float | None = None
    voice: str | None = None
    hold_free: bool = False
    seed: int | None = None
    bed: str | None = None
    ritual: str = ""
    """Name of the ritual that it belongs to."""


def wishes_to_text(name: str, wishes: Wishes) -> str:
    """Return a session as it is handed over."""
    return json.dumps({"script": name, **asdict(wishes)})


def read_script(services: Services, name: str) -> tuple[str, Script]:
    """Return the id and the script that answer to a name or path."""
    from voice_guide.script.parse import parse
    from voice_guide.store.reading import read_text

    entry = services.library.find(name)
    return entry.id, parse(read_text(entry.path), entry.id)


def read_ask(services: Services, name: str, wishes: Wishes) -> Ask:
    """Return the session that is asked for: the options first, then the listener's settings."""
    script_id, script = read_script(services, name)
    return make_ask(services, script_id, script, wishes)


def make_ask(services: Services, script_id: str, script: Script, wishes: Wishes) -> Ask:
    """Return the session for a script that was read already."""
    from voice_guide.score.compile import Request
    from voice_guide.score.plan.expand import Listener
    from voice_guide.session.prepare import Ask

    settings = services.settings()
    request = Request(
        length_s=wishes.length_s,
        voicing=make_voicing(services, wishes.voice),
        seed=wishes.seed or 0,
        hold_free=wishes.hold_free or settings.breathing.hold_free,
        listener=Listener(settings.listener.name, settings.listener.anchors),
        bed=wishes.bed or settings.sound.bed,
    )
    return Ask(script, script_id, request, wishes.ritual)


def make_voicing(services: Services, voice: str | None = None) -> Voicing:
    """Return how the listener likes to be spoken to, by this voice or by the usual one."""
    from voice_guide.script.utterance import Voicing

    chosen, usual = services.settings().voice, Voicing()
    return Voicing(
        voice=voice or chosen.id or usual.voice,
        rate_wpm=chosen.rate_wpm or usual.rate_wpm,
        pitch=usual.pitch if chosen.pitch is None else chosen.pitch,
    )


def speak_unmet(services: Services, ask: Ask) -> Ask:
    """Return the session with those of its cautions to speak that the listener has not met."""
    from voice_guide.script.cautions import select_unmet

    met: frozenset[str] = frozenset()
    with contextlib.suppress(VoiceGuideError):  # told at the end, when it cannot be added to
        met = services.progress().met()
    request = ask.request
    unmet = select_unmet(ask.script.header.cautions, met, hold_free=request.hold_free)
    return replace(ask, request=replace(request, cautions=unmet))


def refuse_early(services: Services, ask: Ask) -> None:
    """Raise for what cannot be had, before a bell rings for nothing: a bed, a voice or a length.

    Only speech tells how long a script really is, and to wait for it would cost every session a
    second of silence: so it is spoken first only where an estimate says that the wish is doubtful.
    """
    from voice_guide.script.utterance import Voicing
    from voice_guide.session.prepare import can_surely_last, prepare, try_voice

    check_bed(services, ask.request.bed)
    if ask.request.voicing.voice != Voicing().voice and not ask.or_usual_voice:
        try_voice(ask, services.engine())
    if not can_surely_last(ask):
        prepare(ask, services.engine(), services.palette())


def check_bed(services: Services, bed: str | None) -> None:
    """Raise `SoundNotFound`, which says what there is, for a bed that there is not."""
    if _is_bed_gone(services, bed):
        services.palette().bed(str(bed))


def leave_lost_bed(services: Services, ask: Ask) -> tuple[Ask, str]:
    """Return the session with its own bed where the wished one is gone, and a sentence on that."""
    if not _is_bed_gone(services, ask.request.bed):
        return ask, ""
    told = LOST_BED.format(ask.request.bed)
    return replace(ask, request=replace(ask.request, bed=None)), told


def _is_bed_gone(services: Services, bed: str | None) -> bool:
    from voice_guide.score.orchestra import NONE

    return bed not in {None, NONE} and bed not in services.palette().names("bed")


def seed_of_today() -> int:
    """Return a seed that moves on by one each day, so that a daily session stays fresh."""
    return date.today().toordinal()
