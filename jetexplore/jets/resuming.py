"""How does a large download survive a cut connection? It goes on where it stopped, if it is still the same file."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from jetexplore.errors import InputError
from jetexplore.files import atomic

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 20  # bytes asked for at a time
TIMEOUT = 60  # s without a byte
ATTEMPTS = 5  # in a row that bring nothing


class Resuming:
    """A downloader for `pooch.retrieve` that keeps what it has and asks for the rest (HTTP Range, RFC 9110).

    What has come lies in ``partial`` until it is whole, also when the program is killed; a note beside it says of
    which version of the file it is, and another version is downloaded from its beginning.

    Parameters
    ----------
    partial : str or pathlib.Path
        Where to keep what has come.
    progress : bool
        Whether to show a bar on stderr.
    wait : float
        Seconds before the second attempt; twice as long before each further one.

    Examples
    --------
    >>> Resuming("events.h5.partial", progress=False).partial.name
    'events.h5.partial'
    """

    def __init__(self, partial: str | Path, progress: bool = True, wait: float = 1.0) -> None:
        self.partial = Path(partial)
        self.progress = progress
        self.wait = wait

    def __call__(self, url: str, output_file: str, pooch: Any = None, check_only: bool = False) -> None:  # noqa: ARG002
        """Download ``url`` to ``output_file``, the way pooch asks for it.

        Parameters
        ----------
        url : str
            What to get.
        output_file : str
            Where pooch wants it.
        pooch : object
            Who asks; not needed.
        check_only : bool
            Not supported.

        Raises
        ------
        requests.RequestException
            If the server refuses, or nothing comes in `ATTEMPTS` attempts.
        InputError
            ``E_LOCKED`` if another process is at the same download.
        OSError
            If the disk is too small.
        """
        import requests

        failed, had = 0, -1
        with _locked(self.partial) as stream:
            while True:
                try:
                    self._continue(url, stream)
                    break
                except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                    has = stream.seek(0, os.SEEK_END)
                    failed = 1 if has > had >= 0 else failed + 1
                    had = has
                    if failed >= ATTEMPTS:
                        raise
                    time.sleep(self.wait * 2 ** (failed - 1))
            os.fsync(stream.fileno())
            shutil.move(self.partial, output_file)
            self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.partial.with_name(f"{self.partial.name}.json")

    def _continue(self, url: str, stream: BinaryIO) -> None:
        """Ask for what is missing and append it."""
        import requests

        has, version = stream.seek(0, os.SEEK_END), self._version(url)
        headers = {"Accept-Encoding": "identity"}  # packed on the way, a range would count other bytes
        if has and version:
            headers |= {"Range": f"bytes={has}-", "If-Range": version}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            answered = _range(answer)
            if answer.status_code == requests.codes.requested_range_not_satisfiable and answered == (None, has):
                return  # all of it had come before the program was killed
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content or answered[0] != has:
                stream.truncate(0)  # the whole file comes, perhaps another version of it
                has = stream.seek(0)
                if answer.status_code == requests.codes.partial_content:
                    raise requests.ConnectionError(f"{url} answered with another range")
            total = answered[1]
            if total is not None and total - has > shutil.disk_usage(self.partial.parent).free:
                raise OSError(errno.ENOSPC, f"{url} needs {total - has} bytes more", str(self.partial.parent))
            self._remember(url, answer)
            self._receive(answer, stream, has, total)
        if total is not None and stream.tell() != total:
            raise requests.ConnectionError(f"{stream.tell()} of {total} bytes came from {url}")

    def _receive(self, answer: requests.Response, stream: BinaryIO, has: int, total: int | None) -> None:
        from tqdm import tqdm

        with tqdm(total=total, initial=has, unit="B", unit_scale=True, disable=not self.progress) as bar:
            for chunk in answer.iter_content(CHUNK):
                stream.write(chunk)
                stream.flush()
                bar.update(len(chunk))

    def _version(self, url: str) -> str | None:
        try:
            note = json.loads(self._note.read_text())
            return note["version"] if note["url"] == url and isinstance(note["version"], str) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, url: str, answer: requests.Response) -> None:
        tag = answer.headers.get("ETag", "")
        # a weak tag does not promise the same bytes, so the server would send all of it
        version = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")
        with atomic(self._note) as temporary:
            temporary.write_text(json.dumps({"url": url, "version": version}))


def _range(answer: requests.Response) -> tuple[int | None, int | None]:
    """Give the first byte that comes and the size of the whole, where the answer says so."""
    text = answer.headers.get("Content-Range", "")  # such as "bytes 100-199/200" or "bytes */200"
    if text.startswith("bytes "):
        part, _, whole = text.removeprefix("bytes ").partition("/")
        first = part.partition("-")[0]
        return (int(first) if first.isdigit() else None), (int(whole) if whole.isdigit() else None)
    length = answer.headers.get("Content-Length", "")
    return 0, (int(length) if length.isdigit() and answer.ok else None)


@contextmanager
def _locked(partial: Path) -> Iterator[BinaryIO]:
    """Open the file to append to; the system lets go of it when the process ends, in whatever way."""
    import fcntl

    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("E_LOCKED", "a download at work there", "one a file", where=str(partial)) from error
        yield stream
