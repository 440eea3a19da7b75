"""How does a command tell what it found? As a table for people, or as JSON."""

from __future__ import annotations

import json

from jetexplore.files import atomic


def report(record: object, text: str, file: str | None) -> int:
    """Print a text, or JSON, or both into their places.

    Parameters
    ----------
    record : object
        What JSON can hold.
    text : str
        The same for people.
    file : str or None
        None prints the text, ``"-"`` prints JSON instead, anything else is a file that JSON is written to beside.

    Returns
    -------
    int
        0, the exit status.

    Examples
    --------
    >>> report([{"a": 1}], "a is 1", None)
    a is 1
    0
    """
    lines = json.dumps(record, indent=1)
    print(lines if file == "-" else text)
    if file not in {None, "-"}:
        with atomic(file) as temporary:
            temporary.write_text(lines + "\n")
    return 0
