"""What a page does asynchronously, carried out before going on."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor


def carry_out(function):
    """Carry a coroutine function out, also while another test's event loop runs in this thread."""
    here = contextvars.copy_context()  # which page it is
    with ThreadPoolExecutor(1) as other:
        other.submit(here.run, lambda: asyncio.run(function())).result()
