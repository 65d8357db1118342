import hashlib
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kl_annealing.data.checksums import FileEntry
from kl_annealing.data.downloads import Patience, fetch
from kl_annealing.errors import InputError

CONTENT = bytes(range(256)) * 400
PATIENCE = Patience(attempts=3, pause=0, connect=1, answer=0.4, grace=0.3, slowest=1e6)


class Handler(BaseHTTPRequestHandler):
    """Serve `/<behaviour>/<dataset>/<file>` in one of many bad ways, and note what is asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        behaviour = self.path.split("/")[1]
        self.server.asked.append((behaviour, self.headers.get("Range")))
        getattr(self, behaviour)()

    def answer(self, body, status=200, declared=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if declared is None else declared))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def whole(self):
        self.answer(CONTENT)

    def corrupt(self):
        self.answer(CONTENT[:-1] + b"?")

    def page(self):
        self.answer(b"<html>not here</html>")

    def endless(self):
        self.answer(CONTENT * 3)

    def missing(self):
        self.answer(b"no", status=404)

    def busy(self):
        self.answer(b"later", status=503, Retry_After="86400")

    def recovering(self):
        self.busy() if len(self.server.asked) < 3 else self.whole()

    def truncated(self):
        self.answer(CONTENT[:50_000], declared=len(CONTENT))
        self.close_connection = True

    def truncated_unseen(self):
        self.answer(CONTENT[:50_000])

    def resuming(self):
        """Send 40,000 bytes an answer, from where the client wants them."""
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if start >= len(CONTENT):
            return self.answer(b"", status=416)
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        rest, status = CONTENT[start:], 206 if start else 200
        self.answer(rest[:40_000], status=status, declared=len(rest), Content_Range=span)
        self.close_connection = True

    def misplaced(self):
        """Answer a range with another range."""
        if self.headers.get("Range"):
            return self.answer(CONTENT, status=206, Content_Range="bytes 0-9/10")
        self.whole()

    def silent(self):
        self.server.released.wait(5)
        self.close_connection = True

    def stalled(self):
        self.answer(CONTENT[:1000], declared=len(CONTENT))
        self.silent()

    def dripping(self):
        self.answer(b"", declared=len(CONTENT))
        for byte in CONTENT:
            if self.server.released.wait(0.05):
                break
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                break
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *arguments: None  # a client that gives up is what we test
    server.asked, server.released = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def destination(tmp_path):
    return tmp_path / "raw/set/file.bin"


def entry(server, behaviour, **changes):
    known = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), **changes}
    return FileEntry("set", "file.bin", url=address(server, behaviour) + "/set/file.bin", **known)


def address(server, behaviour):
    return f"http://127.0.0.1:{server.server_port}/{behaviour}"


def part_of(destination):
    return destination.with_name("file.bin.part")


def refused(server, behaviour, destination, mirror=None, **changes):
    with pytest.raises(InputError) as caught:
        fetch(entry(server, behaviour, **changes), destination, mirror, patience=PATIENCE)
    assert not destination.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_whole_file(server, destination):
    fetch(entry(server, "whole"), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT
    assert [path.name for path in destination.parent.iterdir()] == ["file.bin"]


def test_git_blob_id_alone_is_enough(server, destination):
    blob = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()
    fetch(
        entry(server, "whole", size=None, sha256=None, git_blob=blob),
        destination,
        patience=PATIENCE,
    )
    assert destination.read_bytes() == CONTENT
    other = destination.with_name("other.bin")
    message = refused(server, "corrupt", other, size=None, sha256=None, git_blob=blob)
    assert f"expected git_blob {blob}" in message and "found git_blob" in message


@pytest.mark.parametrize(
    ("behaviour", "reason", "asked"),
    [
        ("corrupt", "found sha256", 1),
        ("page", "broke off after 21 of 102400 bytes", 3),
        ("endless", "longer than 102400 bytes", 1),
        ("missing", "HTTP 404", 1),
        ("busy", "HTTP 503", 3),
        ("truncated_unseen", "broke off after 50000 of 102400 bytes", 3),
        ("silent", "no answer in time", 3),
        ("stalled", "no answer in time", 3),
    ],
)
def test_bad_servers(server, destination, behaviour, reason, asked):
    began = time.monotonic()
    message = refused(server, behaviour, destination)
    assert time.monotonic() - began < 4
    assert reason in message
    assert hashlib.sha256(CONTENT).hexdigest() in message
    assert address(server, behaviour) in message
    assert len(server.asked) == asked


def test_a_server_that_only_drips_is_given_up(server, destination):
    began = time.monotonic()
    assert "slower than" in refused(server, "dripping", destination)
    assert time.monotonic() - began < 4


def test_nobody_listens(server, destination):
    dead = FileEntry("set", "file.bin", url="http://127.0.0.1:9/x", sha256="0" * 64)
    with pytest.raises(InputError, match="no connection, after 3 attempts"):
        fetch(dead, destination, patience=PATIENCE)


def test_a_server_that_recovers(server, destination):
    fetch(entry(server, "recovering"), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_broken_transfers_resume(server, destination, size):
    fetch(entry(server, "resuming", size=size), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == [None, "bytes=40000-", "bytes=80000-"]


def test_a_later_call_resumes_what_an_earlier_one_left(server, destination):
    message = refused(server, "truncated", destination)
    assert "after 3 attempts" in message and part_of(destination).exists()
    server.asked.clear()
    part_of(destination).write_bytes(CONTENT[:90_000])
    fetch(entry(server, "resuming"), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT
    assert server.asked == [("resuming", "bytes=90000-")]


def test_a_server_without_ranges_starts_anew(server, destination):
    part_of(destination).parent.mkdir(parents=True)
    part_of(destination).write_bytes(CONTENT[:90_000])
    fetch(entry(server, "whole"), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["resuming", "misplaced"])
@pytest.mark.parametrize("left", [b"rubbish", bytes(len(CONTENT)), bytes(len(CONTENT) + 5)])
def test_a_foreign_part_is_thrown_away(server, destination, behaviour, left):
    part_of(destination).parent.mkdir(parents=True)
    part_of(destination).write_bytes(left)
    patience = Patience(**{**vars(PATIENCE), "attempts": 8})
    fetch(entry(server, behaviour), destination, patience=patience)
    assert destination.read_bytes() == CONTENT


def test_a_whole_part_is_not_fetched_again(server, destination):
    part_of(destination).parent.mkdir(parents=True)
    part_of(destination).write_bytes(CONTENT)
    fetch(entry(server, "missing"), destination, patience=PATIENCE)
    assert destination.read_bytes() == CONTENT and server.asked == []


def test_a_missing_mirror_file_leaves_the_part_for_the_address(server, destination):
    part_of(destination).parent.mkdir(parents=True)
    part_of(destination).write_bytes(CONTENT[:80_000])
    fetch(entry(server, "resuming"), destination, address(server, "missing"), patience=PATIENCE)
    assert server.asked[-1] == ("resuming", "bytes=80000-")


def test_mirror_folder_comes_first(server, destination, tmp_path):
    (tmp_path / "mirror/set").mkdir(parents=True)
    (tmp_path / "mirror/set/file.bin").write_bytes(CONTENT)
    fetch(entry(server, "missing"), destination, str(tmp_path / "mirror"), patience=PATIENCE)
    assert destination.read_bytes() == CONTENT and server.asked == []


@pytest.mark.parametrize("content", [b"wrong", None])
def test_a_wrong_mirror_is_told_and_passed_over(server, destination, tmp_path, caplog, content):
    (tmp_path / "mirror/set").mkdir(parents=True)
    if content:
        (tmp_path / "mirror/set/file.bin").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        fetch(entry(server, "whole"), destination, str(tmp_path / "mirror"), patience=PATIENCE)
    assert destination.read_bytes() == CONTENT
    assert ("found 5 bytes" if content else "no such file") in caplog.text


def test_mirror_address_comes_first_and_every_place_is_named(server, destination):
    fetch(entry(server, "missing"), destination, address(server, "whole"), patience=PATIENCE)
    assert destination.read_bytes() == CONTENT
    other = destination.with_name("other.bin")
    message = refused(server, "missing", other, mirror=address(server, "corrupt"))
    assert message.index("/corrupt/set/file.bin (found sha256") < message.index("(HTTP 404")


def test_a_file_without_address_needs_a_mirror(destination):
    nowhere = FileEntry("set", "file.bin", sha256="0" * 64)
    with pytest.raises(InputError, match="no public address"):
        fetch(nowhere, destination)
