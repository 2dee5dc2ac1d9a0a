import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import StoreCorrupt
from voice_guide.store.reading import TEXT_LIMIT_BYTES, read_text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "script.md"


def fault(path: Path) -> str:
    with pytest.raises(StoreCorrupt) as caught:
        read_text(path)
    assert caught.value.hint, "there is always a way out"
    assert str(path) in caught.value.message
    return caught.value.message


def test_line_ends_and_byte_order_mark_are_smoothed(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfOne\r\nTwo\rThree\n")
    assert read_text(file) == "One\nTwo\nThree\n"


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"\xff", "line 1, column 1 holds the byte 0xff"),
        (b"One\nna\xefve", "line 2, column 3 holds the byte 0xef"),
        ("é\n\nééé".encode() + b"\xe9 caf", "line 3, column 4 holds the byte 0xe9"),
        (b"\xef\xbb\xbfA\xc3", "line 1, column 2 holds the byte 0xc3"),
    ],
)
def test_a_bad_byte_is_shown_where_it_stands(file: Path, raw: bytes, place: str) -> None:
    file.write_bytes(raw)
    message = fault(file)
    assert "not UTF-8" in message
    assert place in message


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"Breathe\nin\0", "line 2, column 3"),
        ("Breathe".encode("utf-16"), "line 1, column 4"),
        (b"\x7fELF\x02\x01\x01\0\0\xff", "line 1, column 8"),
    ],
)
def test_a_binary_file_is_called_one(file: Path, raw: bytes, place: str) -> None:
    file.write_bytes(raw)
    message = fault(file)
    assert "not text" in message
    assert place in message


@pytest.mark.parametrize("raw", [b"", b" \n\t\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_empty(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    assert "is empty" in fault(file)


def test_a_huge_file_is_refused_unread(file: Path) -> None:
    with file.open("wb") as out:
        out.truncate(50_000_000_000)  # sparse: to read it would be felt
    assert "larger than 1 MB" in fault(file)


def test_the_limit_is_exact(file: Path) -> None:
    file.write_bytes(b"a" * TEXT_LIMIT_BYTES)
    assert len(read_text(file)) == TEXT_LIMIT_BYTES
    file.write_bytes(b"a" * (TEXT_LIMIT_BYTES + 1))
    assert "larger" in fault(file)


def test_folders_links_and_the_missing(tmp_path: Path) -> None:
    assert "is a folder" in fault(tmp_path)
    assert "is not there" in fault(tmp_path / "gone.md")
    (tmp_path / "file").write_text("x")
    assert "is not there" in fault(tmp_path / "file" / "below.md")
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    assert "leads back to itself" in fault(loop)
    dangling = tmp_path / "dangling.md"
    dangling.symlink_to(tmp_path / "gone.md")
    assert "is not there" in fault(dangling)
    assert "too long" in fault(tmp_path / ("n" * 300))


def test_a_pipe_does_not_keep_us_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    reader = threading.Thread(target=fault, args=(pipe,), daemon=True)
    reader.start()
    reader.join(5)
    assert not reader.is_alive()


def test_a_device_is_refused() -> None:
    assert "not an ordinary file" in fault(Path("/dev/zero"))


def test_permission_denied(file: Path) -> None:
    file.write_text("Breathe.")
    file.chmod(0)
    whoever = os.geteuid()
    nobody = 65534
    if whoever == 0:  # root may read everything, so be somebody else for a moment
        os.seteuid(nobody)
    try:
        assert "may not be read" in fault(file)
    finally:
        os.seteuid(whoever)


@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode())))
def test_any_bytes_are_read_or_explained(
    raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.md"
    path.write_bytes(raw)
    try:
        text = read_text(path)
    except StoreCorrupt:
        return
    assert text.strip()
    assert not {"\0", "\r"} & set(text)
