import io
import stat
import tarfile
import zipfile

import pytest

from kl_annealing.data import archives
from kl_annealing.data.archives import unpack
from kl_annealing.errors import InputError


def make_zip(path, members, link=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            file.writestr(info, "/etc/passwd")
    return path


def make_tar(path, members, link=None, mode="w:gz", kind=tarfile.SYMTYPE):
    with tarfile.open(path, mode) as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    return path


MAKERS = {"a.zip": make_zip, "a.tar.gz": make_tar}
makers = pytest.mark.parametrize("name", MAKERS)


@makers
def test_members_are_unpacked(tmp_path, name):
    archive = MAKERS[name](tmp_path / name, {"a.txt": b"one", "deep/b.txt": b"two"})
    unpack(archive, tmp_path / "out", maximum_size=6)
    assert (tmp_path / "out/a.txt").read_bytes() == b"one"
    assert (tmp_path / "out/deep/b.txt").read_bytes() == b"two"


@makers
@pytest.mark.parametrize(
    "member", ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"]
)
def test_members_outside_the_folder_are_refused(tmp_path, name, member):
    archive = MAKERS[name](tmp_path / name, {"fine.txt": b"x", member: b"evil"})
    with pytest.raises(InputError, match="points outside"):
        unpack(archive, tmp_path / "inner/out", maximum_size=100)
    assert not list(tmp_path.rglob("*evil*")) and not (tmp_path / "inner/out").exists()
    assert list((tmp_path / "inner").iterdir()) == []


@makers
def test_links_are_refused(tmp_path, name):
    archive = MAKERS[name](tmp_path / name, {}, link="passwords")
    with pytest.raises(InputError, match="'passwords' is a link or a device"):
        unpack(archive, tmp_path / "out", maximum_size=100)


def test_hard_links_and_devices_are_refused(tmp_path):
    for kind in (tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        archive = make_tar(tmp_path / "a.tar", {"a": b"x"}, link="b", mode="w", kind=kind)
        with pytest.raises(InputError, match="link or a device"):
            unpack(archive, tmp_path / "out", maximum_size=100)


@makers
def test_bombs_are_refused(tmp_path, name):
    archive = MAKERS[name](tmp_path / name, {"zeros": bytes(2_000_000)})
    assert archive.stat().st_size < 10_000
    with pytest.raises(InputError, match="more than the declared 1000000 bytes"):
        unpack(archive, tmp_path / "out", maximum_size=1_000_000)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@makers
def test_floods_of_empty_members_are_refused(tmp_path, name, monkeypatch):
    monkeypatch.setattr(archives, "MAXIMUM_MEMBERS", 3)
    archive = MAKERS[name](tmp_path / name, {f"{n}.txt": b"" for n in range(4)})
    with pytest.raises(InputError, match="more than 3 members"):
        unpack(archive, tmp_path / "out", maximum_size=100)


@makers
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_damaged_archives_are_one_line(tmp_path, name, kept):
    members = {f"{n}.txt": str(n).encode() * 500 for n in range(50)}
    archive = MAKERS[name](tmp_path / name, members)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match="not a whole zip or tar archive") as caught:
        unpack(archive, tmp_path / "out", maximum_size=10**6)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]
