"""What comes beside the events of the LHC Olympics 2020? The keys of the black boxes, and high-level features."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import frames
from jetexplore.jets.eventrows import check_labels

FEATURES = tuple(f"{name}j{jet}" for jet in (1, 2) for name in ("px", "py", "pz", "m", "tau1", "tau2", "tau3"))
MASTERKEY_MAX = 1 << 28  # bytes; one of a million events has 2 MB


def read_masterkey(path: str | Path) -> np.ndarray:
    """Read which events of a black box are signal: one number a line, in the order of the events.

    Parameters
    ----------
    path : str or pathlib.Path
        The file that comes with black box 1 or 3; there is none for box 2, which has no signal.

    Returns
    -------
    ndarray of int8, shape (n,)
        0 background, 1 signal, 2 the second signal of black box 3.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_LAYOUT`` if it holds anything but numbers, ``E_LABEL`` for others than 0, 1, 2, ``E_EMPTY``, ``E_LIMIT``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "box.masterkey"
    >>> _ = path.write_text(chr(10).join("010"))
    >>> read_masterkey(path).tolist()
    [0, 1, 0]
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no file {path}")
    if not path.is_file():
        raise InputError("E_NOT_FILE", "something that is not a file", "a master key", where=str(path))
    if path.stat().st_size > MASTERKEY_MAX:
        raise InputError("E_LIMIT", f"{path.stat().st_size} bytes", f"at most {MASTERKEY_MAX}", where=str(path))
    lines = path.read_bytes().split()
    if not lines:
        raise InputError("E_EMPTY", "an empty file", "one number a line", where=str(path))
    try:
        keys = np.array(lines).astype(np.float64)  # some were written as 0.0 and 1.0
    except ValueError as error:
        raise InputError("E_LAYOUT", "text that is not numbers", "one number a line", where=str(path)) from error
    return check_labels(keys, str(path), 0)


def read_features(path: str | Path) -> dict[str, np.ndarray]:
    """Read the file of high-level features: momenta, masses and N-subjettiness of the two jets, and the label.

    Parameters
    ----------
    path : str or pathlib.Path
        Such as ``events_anomalydetection_v2.features.h5``.

    Returns
    -------
    dict of str to ndarray
        ``pxj1``, ``pyj1``, ``pzj1``, ``mj1``, ``tau1j1``, ``tau2j1``, ``tau3j1``, the same with ``j2``, and
        ``label`` (int8) where there is one; momenta and masses in GeV.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_COLUMN`` if columns are missing, ``E_NONFINITE``, ``E_LABEL``; otherwise as for `open_events`.

    Examples
    --------
    >>> read_features("nowhere.features.h5")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no file nowhere.features.h5
    """
    columns = frames.read_columns(path)
    missing = [name for name in FEATURES if name not in columns]
    if missing:
        found = f"columns {', '.join(list(columns)[:16])}"
        raise InputError("E_COLUMN", found, f"also {', '.join(missing)}", where=str(path))
    for name, values in columns.items():
        if not np.isfinite(values).all():
            raise InputError("E_NONFINITE", f"values that are not finite in {name}", "finite numbers", where=str(path))
    if "label" in columns:
        columns["label"] = check_labels(columns["label"], str(path), 0)
    return columns
