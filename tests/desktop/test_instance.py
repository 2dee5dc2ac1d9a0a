"""One companion a listener, whoever starts, ends or misbehaves around it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rig import end_process, wait_until

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.instance import claim as claiming
from voice_guide.frontends.desktop.instance import door, place
from voice_guide.frontends.desktop.instance.claim import Instance, claim, claim_or_ask
from voice_guide.frontends.desktop.instance.client import TIMEOUT_S, ask
from voice_guide.frontends.desktop.instance.door import CLIENT_S
from voice_guide.frontends.desktop.instance.wire import REQUEST_LIMIT, Reply, Request
from voice_guide.store.paths import HOME_VARIABLE

if sys.platform == "win32":
    pytest.skip("Unix sockets", allow_module_level=True)

COMPANION = """
import subprocess, sys, threading
from voice_guide.frontends.desktop.instance.claim import claim_or_ask, Instance
from voice_guide.frontends.desktop.instance.wire import Reply
found = claim_or_ask(sys.argv[1], ("status",))
if not isinstance(found, Instance):
    print("asked", found.answer, flush=True)
    raise SystemExit
ended = threading.Event()
def handle(request):
    if request.words == ("quit",):
        ended.set()
    return Reply("first " + " ".join(request.words))
found.serve(handle)
if "--child" in sys.argv:  # as the voice worker, which may outlive a companion that was killed
    child = subprocess.Popen(["sleep", "30"])
    print("child", child.pid, flush=True)
print("first", flush=True)
ended.wait(30)
found.close()
"""

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "run")


def echo(request: Request) -> Reply:
    return Reply(" ".join(request.words))


@pytest.fixture
def companion(folder: str) -> Iterator[Instance]:
    made = claim(folder)
    assert made
    made.serve(echo)
    with made:
        yield made


def start(folder: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMPANION, folder, *words], stdout=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.fixture
def ended() -> Iterator[Callable[[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """End what a test started, also when it fails."""
    started: list[subprocess.Popen[str]] = []

    def keep(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        started.append(process)
        return process

    yield keep
    for process in started:
        end_process(process)  # type: ignore[arg-type]
        assert process.stdout
        process.stdout.close()


def say(folder: str, sent: bytes, *, half_close: bool = False) -> bytes:
    """Send these bytes, and return all that comes back until the other side hangs up."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CLIENT_S + 3)
        connection.connect(place.find_socket(folder))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        got = b""
        with contextlib.suppress(ConnectionResetError):  # after the reply, when it read not all
            while piece := connection.recv(65_536):
                got += piece
        return got


# Who is first.


def test_the_first_answers_the_second(folder: str, companion: Instance) -> None:
    assert claim(folder) is None
    assert ask(folder, ("play", "a b", "--loud")) == Reply("play a b --loud", 0)


def test_nobody_answers_where_nobody_is(folder: str) -> None:
    assert ask(folder, ("status",)) is None


def test_the_place_of_the_asker_comes_along(folder: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with claim(folder) as made:
        made.serve(lambda request: Reply(request.folder))
        assert ask(folder, ("play", "./mine.md")) == Reply(str(tmp_path))


def test_words_come_through_whatever_they_are(folder: str) -> None:
    heard: list[Request] = []
    words = ("pläy", "a\nb", "🫁", os.fsdecode(b"\xff\xfe.md"), "", '"')
    with claim(folder) as made:
        made.serve(lambda request: heard.append(request) or Reply(request.words[3]))
        assert ask(folder, words) == Reply(words[3])
    assert heard[0].words == words


def test_a_clean_end_leaves_nothing(folder: str, companion: Instance) -> None:
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    assert sorted(path.name for path in Path(folder).iterdir()) == [place.LOCK, place.SOCKET]
    companion.close()
    companion.close()
    assert not list(Path(folder).iterdir())
    assert "instance" not in [thread.name for thread in threading.enumerate()]
    assert ask(folder, ("status",)) is None
    again = claim(folder)
    assert again
    again.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptors_leak(folder: str) -> None:
    claim(folder).close()
    before = open_files()
    for _ in range(5):
        with claim(folder) as made:
            made.serve(echo)
            for sent in (b"{}\n", b"\xff", b'{"words":["x"]}\n'):
                say(folder, sent, half_close=True)
            assert claim(folder) is None
    assert open_files() == before


def test_a_lock_that_was_removed_meanwhile_is_no_lock(folder: str, monkeypatch) -> None:
    """One starts while another ends: the file it opened is not the one others will see."""
    real = claiming._lock_file
    first: list[bool] = []

    def lock(number: int) -> bool:
        if not first:
            first.append(True)
            (Path(folder) / place.LOCK).unlink()
        return real(number)

    monkeypatch.setattr(claiming, "_lock_file", lock)
    made = claim(folder)
    assert made
    assert claim(folder) is None
    made.close()


@pytest.mark.long
def test_a_dozen_at_once_are_one(folder: str, ended) -> None:
    started = [ended(start(folder)) for _ in range(12)]
    lines = [first_line(process) for process in started]
    assert sorted(lines) == ["asked first status"] * 11 + ["first"]
    assert ask(folder, ("quit",)) == Reply("first quit")
    assert started[lines.index("first")].wait(10) == 0


def test_killed_and_started_again_at_once(folder: str, ended) -> None:
    first = ended(start(folder, "--child"))
    child = int(first_line(first).split()[1])
    try:
        assert first_line(first) == "first"
        first.kill()
        first.wait(5)
        assert Path(folder, place.SOCKET).exists()
        assert ask(folder, ("status",)) is None
        again = claim(folder)
        assert again
        again.serve(echo)
        assert ask(folder, ("status",)) == Reply("status")
        again.close()
    finally:
        os.kill(child, signal.SIGKILL)


def test_one_that_is_ending_is_waited_for(folder: str, companion: Instance) -> None:
    # Between closing the socket and the lock: the lock is held, and nobody answers.
    companion._door.close()
    timer = threading.Timer(0.2, companion.close)
    timer.start()
    found = claim_or_ask(folder, ("status",))
    timer.join()
    assert isinstance(found, Instance)
    found.close()


@pytest.mark.long
def test_one_that_is_slow_to_start_is_waited_for(folder: str) -> None:
    with claim(folder) as slow:
        timer = threading.Timer(TIMEOUT_S + 0.5, slow.serve, [echo])
        timer.start()
        assert claim_or_ask(folder, ("status",)) == Reply("status")
        timer.join()


def test_one_that_never_answers_is_told_of(folder: str) -> None:
    with claim(folder):  # the socket is open, and nobody serves it
        began = time.monotonic()
        with pytest.raises(VoiceGuideError, match="does not answer"):
            ask(folder, ("status",), 0.2)
        assert time.monotonic() - began < TIMEOUT_S, "as long as it was given"


# What may not go in.

MALFORMED = {
    "binary": bytes(range(128, 256)) + b"\n",
    "not json": b"toggle\n",
    "not a table": b'["toggle"]\n',
    "no words": b"{}\n",
    "words of a text": b'{"words":"toggle"}\n',
    "words of numbers": b'{"words":[1]}\n',
    "a folder of numbers": b'{"words":["x"],"folder":7}\n',
    "deep": b"[" * 60_000 + b"\n",
    "long number": b'{"words":[' + b"9" * 60_000 + b"]}\n",
    "huge": b'{"words":["' + b"x" * 1_000_000 + b'"]}\n',
    "huge without an end": b"x" * 1_000_000,
    "nul": b"\0" * 100 + b"\n",
    "empty line": b"\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_nonsense_is_refused_with_a_sentence(folder: str, companion: Instance, sent: bytes) -> None:
    reply = say(folder, sent)
    assert b"no whole line came" not in reply, "it was not read, but given up"
    assert b'"code":2' in reply
    assert b"not understood" in reply
    assert ask(folder, ("still", "here")) == Reply("still here")


def test_half_a_line_is_refused(folder: str, companion: Instance) -> None:
    assert b"middle of a line" in say(folder, b'{"words":["pl', half_close=True)
    assert say(folder, b"", half_close=True) == b""
    assert ask(folder, ("on",)) == Reply("on")


def test_one_that_leaves_without_a_word_is_not_there(folder: str) -> None:
    Path(folder).mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place.find_socket(folder))
        listener.listen()

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.close()

        leaving = threading.Thread(target=hang_up)
        leaving.start()
        assert ask(folder, ("status",)) is None
        leaving.join()


def test_a_whole_line_is_enough_also_half_closed(folder: str, companion: Instance) -> None:
    assert b'"answer":"play"' in say(folder, b'{"words":["play"]}\n', half_close=True)


def test_too_long_a_command_is_not_even_sent(folder: str, companion: Instance) -> None:
    reply = ask(folder, ("play", "x" * REQUEST_LIMIT))
    assert reply
    assert reply.code == 2


@pytest.mark.long
def test_a_slow_asker_is_sent_away_and_holds_nobody_up(folder: str, companion: Instance) -> None:
    slow = [socket.socket(socket.AF_UNIX) for _ in range(10)]
    began = time.monotonic()
    for connection in slow:
        connection.settimeout(CLIENT_S + 3)
        connection.connect(place.find_socket(folder))
        connection.send(b'{"wor')
    assert ask(folder, ("quick",)) == Reply("quick")
    assert not select.select(slow, [], [], 0)[0], "it had to wait for one of them"
    for connection in slow:
        assert b"no whole line came" in connection.recv(1000)
        assert connection.recv(1000) == b""
        connection.close()
    assert CLIENT_S - 0.1 < time.monotonic() - began < 3 * CLIENT_S, "not one after the other"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give whoever asks less time than usual."""
    monkeypatch.setattr(door, "CLIENT_S", 0.4)


@pytest.mark.usefixtures("hasty", "companion")
def test_one_that_sends_a_byte_at_a_time_gets_no_more_time(folder: str) -> None:
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place.find_socket(folder))
        connection.settimeout(0.1)
        got = b""
        while time.monotonic() - began < CLIENT_S + 2 and not got:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(b"x")  # it may have been sent away just now
            with contextlib.suppress(TimeoutError):
                got = connection.recv(1000)
    assert b"no whole line came" in got


@pytest.mark.usefixtures("hasty")
def test_one_that_never_reads_its_answer_is_dropped(folder: str) -> None:
    asked: list[Request] = []
    with claim(folder) as made:
        made.serve(lambda request: asked.append(request) or Reply("x" * 5_000_000))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place.find_socket(folder))
            connection.send(b'{"words":[]}\n')
            wait_until(lambda: len(asked) == 1)
            wait_until(lambda: not made._door._clients)


@pytest.mark.usefixtures("companion")
def test_more_at_once_than_there_are_places(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CLIENT_S", 60.0)  # nobody is sent away for being slow
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(120)]
    for connection in crowd:
        connection.settimeout(CLIENT_S + 3)
        connection.connect(place.find_socket(folder))
    # Those that say nothing keep nobody waiting, and the first of them make room.
    assert ask(folder, ("through",)) == Reply("through")
    assert b"Too many" in crowd[0].recv(1000)
    crowd[-1].sendall(b'{"words":["last"]}\n')
    assert b'"answer":"last"' in crowd[-1].recv(1000)
    for connection in crowd:
        connection.close()
    assert ask(folder, ("after",)) == Reply("after")


def test_a_command_that_fails_is_answered(folder: str, caplog) -> None:
    def fail(request: Request) -> Reply:
        if request.words[0] == "known":
            raise VoiceGuideError("There is no such session.", "Look at the list.")
        raise ZeroDivisionError("oh")

    with claim(folder) as made:
        made.serve(fail)
        assert ask(folder, ("known",)) == Reply("There is no such session.\nLook at the list.", 1)
        assert "should not have" in ask(folder, ("new",)).answer
        assert "should not have" in ask(folder, ("again",)).answer
    assert "a request failed" in caplog.text


# Whose it is.


def as_nobody(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run this as another user, with the system's own Python, which that user may read."""
    other = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return subprocess.run(
        [*other, "/usr/bin/python3", "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


CONNECT = """
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(5)
connection.connect(sys.argv[1])
try:
    connection.send(b'{"words":["play"]}\\n')
except BrokenPipeError:  # refused before it has said anything
    pass
print(connection.recv(1000).decode())
"""

needs_root = pytest.mark.skipif(
    os.getuid() != 0
    or not Path("/usr/bin/setpriv").exists()
    or not Path("/usr/bin/python3").exists(),
    reason="only root can become another user",
)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that others may reach: pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="vg-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@needs_root
def test_another_user_cannot_connect(open_place: Path) -> None:
    folder = str(open_place / "run")
    heard: list[Request] = []
    with claim(folder) as made:
        made.serve(lambda request: heard.append(request) or Reply("played"))
        shut = as_nobody(CONNECT, place.find_socket(folder))
        assert "PermissionError" in shut.stderr
        # And if the folder had been opened by mistake, the system still tells who it is.
        Path(folder).chmod(0o755)
        Path(place.find_socket(folder)).chmod(0o666)
        told = as_nobody(CONNECT, place.find_socket(folder))
        assert "belongs to somebody else" in told.stdout, told.stderr
        assert ask(folder, ("mine",)) == Reply("played")
    assert [request.words for request in heard] == [("mine",)]


@needs_root
def test_a_folder_of_another_user_is_not_taken(open_place: Path) -> None:
    theirs = open_place / "run"
    theirs.mkdir(mode=0o777)
    os.chown(theirs, NOBODY, NOBODY)
    with pytest.raises(VoiceGuideError, match="folder of your own"):
        claim(str(theirs))
    assert not list(theirs.iterdir())


def test_a_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    loose = tmp_path / "run"
    loose.mkdir()
    loose.chmod(0o777)
    claim(str(loose)).close()
    assert stat.S_IMODE(loose.stat().st_mode) == 0o700


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VoiceGuideError):
        claim(str(tmp_path / "run"))
    (tmp_path / "run").unlink()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / place.LOCK).symlink_to(tmp_path / "file")
    with pytest.raises(VoiceGuideError):
        claim(str(tmp_path / "run"))
    assert not (tmp_path / "file").exists()


# Where it is.


def test_the_folder_of_each_system_and_of_a_home(tmp_path: Path) -> None:
    assert place._HOME_VARIABLE == HOME_VARIABLE
    home = tmp_path / "home"
    found = place.find_folder({HOME_VARIABLE: str(home), "XDG_RUNTIME_DIR": str(tmp_path)})
    assert found == str(home / "run")
    assert stat.S_IMODE(Path(found).stat().st_mode) == 0o700
    assert place.find_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == str(tmp_path / "voice-guide")


def test_without_a_runtime_folder_all_processes_name_the_same() -> None:
    candidates = list(place._candidates({}))
    assert candidates == [
        f"/run/user/{os.getuid()}/voice-guide",
        f"/tmp/voice-guide-{os.getuid()}",
    ]
    assert list(place._candidates({"XDG_RUNTIME_DIR": "not/absolute"})) == candidates


def test_a_home_that_cannot_be_private_gets_a_place_elsewhere(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "run").write_text("in the way")
    found = place.find_folder({HOME_VARIABLE: str(stick), "XDG_RUNTIME_DIR": str(tmp_path)})
    assert found.startswith(str(tmp_path / "voice-guide-"))
    other = place.find_folder({HOME_VARIABLE: "/dev/null", "XDG_RUNTIME_DIR": str(tmp_path)})
    assert other != found


def test_too_long_a_path_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 20) / ("ü" * 60)
    deep.mkdir(parents=True)
    folder = str(deep / "run")
    elsewhere = Path(place.find_socket(folder))
    assert len(os.fsencode(elsewhere)) <= place.LONGEST_SOCKET
    assert stat.S_IMODE(elsewhere.parent.stat().st_mode) == 0o700
    with claim(folder) as made:
        made.serve(echo)
        assert elsewhere.is_socket()
        assert ask(folder, ("far",)) == Reply("far")
        assert claim(folder) is None
    assert not elsewhere.exists()


def test_the_client_brings_in_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        "import voice_guide.frontends.desktop.instance.client;"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "dataclasses", "inspect", "pathlib", "socket", "numpy", "platformdirs"}
    assert not heavy & set(done.stdout.split())
