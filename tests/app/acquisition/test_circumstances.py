"""Battery, network drives and synchronised folders are told before a run; a plain computer gets no word."""

from collections import namedtuple
from pathlib import Path, PureWindowsPath

import pytest

from app.acquisition.circumstances import dangers, remote

Battery = namedtuple("Battery", "percent power_plugged")
Partition = namedtuple("Partition", "mountpoint fstype opts")
LOCAL = Partition("/", "ext4", "rw,relatime")
NETWORK = Partition("/lab", "nfs4", "rw")


def told(folder, battery=None, partitions=(LOCAL,)):
    places = [x._replace(mountpoint=str(Path(x.mountpoint).resolve())) for x in partitions]
    return list(dangers(Path(folder), lambda: battery, lambda: places))


@pytest.mark.parametrize(
    ("folder", "battery", "partitions", "words"),
    [
        ("/data", Battery(43.2, False), (LOCAL,), "battery (43 %)"),
        ("/lab/tonight", None, (LOCAL, NETWORK), "on another computer"),
        ("/win", None, (LOCAL, Partition("/win", "NTFS", "rw,remote")), "on another computer"),
        ("/home/me/OneDrive - University/stm", None, (LOCAL,), "OneDrive - University"),
        ("/home/me/Dropbox/stm", None, (LOCAL,), "lies in Dropbox"),
    ],
)
def test_a_danger_is_told_with_its_remedy(folder, battery, partitions, words):
    (sentence,) = told(folder, battery, partitions)
    assert words in sentence
    assert "Record to" in sentence or "Plug it in" in sentence


@pytest.mark.parametrize(
    ("folder", "battery", "partitions"),
    [
        ("/data", None, (LOCAL,)),
        ("/data", Battery(90, True), (LOCAL,)),
        ("/data", Battery(90, None), (LOCAL,)),  # unknown is not on battery
        (
            "/lab/local",
            None,
            (NETWORK, Partition("/lab/local", "ext4", "rw")),
        ),  # a disk mounted within a share
        ("/laboratory", None, (LOCAL, NETWORK)),
        ("/data", None, ()),
    ],
)
def test_a_plain_computer_gets_no_word(folder, battery, partitions):
    assert told(folder, battery, partitions) == []


def test_a_share_of_windows_is_remote_and_a_drive_is_not():
    assert remote(PureWindowsPath("//server/share/tonight"), ())
    assert not remote(PureWindowsPath("C:/tonight"), ())


def test_the_folder_that_onedrive_names_is_known(monkeypatch):
    monkeypatch.setenv("OneDriveCommercial", "/srv/uni-cloud")
    (sentence,) = told("/srv/uni-cloud/stm")
    assert "lies in uni-cloud" in sentence


def test_a_link_to_a_share_is_followed(tmp_path):
    share, link = tmp_path / "share", tmp_path / "recordings"
    share.mkdir()
    try:
        link.symlink_to(share, target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links")
    (sentence,) = told(link, partitions=(LOCAL, Partition(str(share), "cifs", "rw")))
    assert "on another computer" in sentence
