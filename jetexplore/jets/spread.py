"""Who does the units of a long run? This process, several on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from jetexplore.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

Unit = TypeVar("Unit")
Result = TypeVar("Result")

LOST = "perhaps for want of memory; what is finished is kept"


def spread(
    work: Callable[[Unit], Result], units: Iterable[Unit], workers: int = 1, client: Client | None = None
) -> Iterator[Result]:
    """Yield what ``work`` gives for each unit, in the order in which they are finished.

    Units at work when the iterator is closed are dropped, so each must leave its result whole or not at all.

    Parameters
    ----------
    work : callable
        A function that processes can be sent.
    units : iterable
        Its arguments.
    workers : int
        Processes of this machine; with 1, all is done in this one.
    client : distributed.Client, optional
        A Dask cluster to use instead.

    Yields
    ------
    object
        The results.

    Raises
    ------
    InputError
        ``E_CLIENT`` if ``client`` is something else.
    ChildProcessError
        If a worker died.

    Examples
    --------
    >>> list(spread(abs, [-1, 2]))
    [1, 2]
    """
    if client is not None:
        yield from _on_cluster(work, units, client)
    elif workers == 1:
        yield from map(work, units)
    else:
        yield from _on_processes(work, iter(units), workers)


def cores() -> int:
    """Count the cores that this process may use; a container may lend fewer than the machine has.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_cluster(work: Callable, units: Iterable, client: Client) -> Iterator:
    try:
        from distributed import Client, KilledWorker, as_completed
    except ImportError as error:
        found = "a cluster, but distributed is not installed"
        raise InputError("E_CLIENT", found, "pip install 'jetexplore[distributed]'") from error
    if not isinstance(client, Client) or client.asynchronous:
        raise InputError("E_CLIENT", f"a client of {type(client).__name__}", "a distributed.Client")
    futures = [client.submit(work, unit, pure=False) for unit in units]
    try:
        for future in as_completed(futures):
            yield future.result()
    except (KilledWorker, CancelledError) as error:
        raise ChildProcessError(f"the cluster was lost, {LOST} ({error})") from error
    finally:
        client.cancel(futures)


def _on_processes(work: Callable, units: Iterator, workers: int) -> Iterator:
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)
    try:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:  # workers inherit this: Ctrl-C reaches the whole group, the parent decides
            pending = {pool.submit(work, unit) for unit in islice(units, workers + 1)}
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            pending |= {pool.submit(work, unit) for unit in islice(units, len(finished))}
            for future in finished:
                yield future.result()
    except BrokenProcessPool as error:
        raise ChildProcessError(f"a worker died, {LOST}") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.kill()  # nothing is lost: files appear whole or not at all
        pool.shutdown(wait=True)


def _start_worker() -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    # a worker whose parent was killed would wait for work for ever
    multiprocessing.parent_process().join()
    os._exit(1)
