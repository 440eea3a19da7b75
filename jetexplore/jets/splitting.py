"""How is a large file of unknown origin gone through? Parted into plain blocks by a process of its own, once."""

from __future__ import annotations

from pathlib import Path

from jetexplore.errors import InputError
from jetexplore.files import read_npz
from jetexplore.jets import conversion
from jetexplore.jets.constituents import Jets
from jetexplore.jets.layouts.reading import Block
from jetexplore.jets.tally import Tally


def split(
    path: str, folder: str, layout: str | None = None, progress: bool = False, **options: object
) -> tuple[dict, dict]:
    """Write the jets of a file as numbered blocks; those that are there are not written again. For `childparse`.

    Parameters
    ----------
    path : str
        A file of any known layout.
    folder : str
        Where the blocks go.
    layout : str, optional
        Of the file; recognised by default.
    progress : bool
        Whether to show a bar on stderr.
    **options
        As for `reading.blocks`.

    Returns
    -------
    told : dict
        Blocks, jets, layout, names of the classes, what was strange.
    arrays : dict
        Empty.

    Raises
    ------
    FileNotFoundError, InputError
        As for `reading.blocks`.

    Examples
    --------
    >>> import tempfile
    >>> from jetexplore.files import data_dir
    >>> folder = tempfile.mkdtemp()
    >>> told, _ = split(str(data_dir() / "sample" / "W_test.npz"), folder, rows=500, limit=700)
    >>> told["jets"], told["blocks"], len(block(folder, 1).jets)
    (700, 2, 200)
    """
    tally = Tally()
    parts, kept = conversion._parts(Path(path), layout, Path(folder), tally, None, None, options, progress)
    told = {"layout": tally.layout, "warnings": tally.warnings(), "classes": tally.classes}
    return {**told, "blocks": len(parts), "jets": kept}, {}


def block(folder: str | Path, number: int) -> Block:
    """Read a block that `split` wrote.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where it is.
    number : int
        Of the block, from 0.

    Returns
    -------
    Block
        Its jets, perhaps none.

    Raises
    ------
    InputError
        If it is damaged.
    """
    arrays, _ = read_npz(conversion._part(Path(folder), number))
    try:
        jets = Jets(arrays["pt"], arrays["eta"], arrays["phi"], arrays["offsets"])
        return Block(jets, arrays.get("label"), arrays["event"], arrays["row"])
    except KeyError as error:
        raise InputError("E_LAYOUT", f"a block without {error}", "a whole block", where=str(folder)) from error
