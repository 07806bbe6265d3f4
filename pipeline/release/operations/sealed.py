"""How is a backup kept where there is no tool for it? As one encrypted archive a
backup.

A tar in pieces of one MiB, each sealed with AES-256-GCM under a key that scrypt makes
of the password. The nonce of a piece holds its number and whether it is the last one,
so that pieces cannot be cut off, left out or put in another order; the head is sealed
with each of them. (The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar,
2015.)
"""

from __future__ import annotations

import io
import os
import secrets
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pipeline.errors import DamagedFileError, UserError

_MAGIC = b"selec-backup-1\n"
_SALT, _PREFIX, _TAG = 16, 7, 16
_PIECE = 1 << 20
_HEAD = len(_MAGIC) + _SALT + _PREFIX


def pack(folder: Path, target: Path, *, password: bytes) -> None:
    """Pack a folder into an archive, which is not there yet."""
    with target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with _Sealing(file, password) as sealing, tarfile.open(fileobj=sealing, mode="w|") as tar:
            for name in sorted(os.listdir(folder)):
                tar.add(folder / name, arcname=name)
        file.flush()
        os.fsync(file.fileno())


def unpack(source: Path, folder: Path, *, password: bytes) -> None:
    """Unpack an archive into an empty folder. Raises UserError where the password is
    another one or it is no archive, DamagedFileError where it is not as it was packed.
    """
    with source.open("rb") as file:
        reader = io.BufferedReader(_Opened(_pieces(file, source, password)), _PIECE)
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:
                tar.extractall(folder, filter="tar")  # whose content nobody else could seal
            while reader.read(_PIECE):  # the last piece says that nothing was cut off
                pass
        except tarfile.TarError as problem:
            raise _damaged(source) from problem


class _Sealing(io.RawIOBase):
    """What is written is sealed piece by piece."""

    def __init__(self, file: BinaryIO, password: bytes) -> None:
        self._file, self._held, self._number = file, bytearray(), 0
        salt, self._prefix = secrets.token_bytes(_SALT), secrets.token_bytes(_PREFIX)
        self._head = _MAGIC + salt + self._prefix
        self._cipher = AESGCM(_key(password, salt))
        file.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        data = bytes(content)  # type: ignore[call-overload]
        self._held += data
        while len(self._held) > _PIECE:
            self._seal(bytes(self._held[:_PIECE]), last=False)
            del self._held[:_PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._held), last=True)
        super().close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._head))
        self._number += 1


class _Opened(io.RawIOBase):
    """Pieces as a file that can be read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        while not self._held:
            try:
                self._held = next(self._pieces)
            except StopIteration:
                return 0
        number = min(len(target), len(self._held))
        target[:number] = self._held[:number]
        self._held = self._held[number:]
        return number


def _pieces(file: BinaryIO, path: Path, password: bytes) -> Iterator[bytes]:
    head = file.read(_HEAD)
    if len(head) != _HEAD or not head.startswith(_MAGIC):
        raise UserError(
            "this is no backup", where=str(path), do="name a file that make backup left"
        )
    salt, prefix = head[len(_MAGIC) : -_PREFIX], head[-_PREFIX:]
    cipher = AESGCM(_key(password, salt))
    number, now = 0, file.read(_PIECE + _TAG)
    while True:
        then = file.read(_PIECE + _TAG) if len(now) == _PIECE + _TAG else b""
        try:
            piece = cipher.decrypt(_nonce(prefix, number, last=not then), now, head)
        except InvalidTag as problem:
            raise _damaged(path) if number else _unopened(path) from problem
        yield piece
        if not then:
            return
        number, now = number + 1, then


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


def _key(password: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(password)


def _unopened(path: Path) -> UserError:
    return UserError(
        "it cannot be opened: another password, or the file is damaged",
        where=str(path),
        do="name the password file that it was made with",
    )


def _damaged(path: Path) -> DamagedFileError:
    return DamagedFileError(
        "the backup is not what was written", where=str(path), do="take an earlier backup"
    )
