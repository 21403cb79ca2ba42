"""Which file system holds a folder: a network disk has neither dependable locks nor events."""

from pathlib import Path

import psutil

NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "fuse.sshfs"})


def file_system_of(folder: Path) -> str:
    """The type of the file system that holds (or would hold) `folder`, in lower case, "" where unknown."""
    folder = folder.resolve()
    best, kind = "", ""
    for disk in psutil.disk_partitions(all=True):
        if folder.is_relative_to(disk.mountpoint) and len(disk.mountpoint) >= len(best):
            best, kind = disk.mountpoint, disk.fstype.lower()
    return kind
