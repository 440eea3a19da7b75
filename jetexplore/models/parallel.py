"""How do several processors share one training? Lightning Fabric, an optional extra, splits every batch among them."""

from __future__ import annotations

from collections.abc import Callable

from jetexplore.errors import InputError


def launch(
    function: Callable[..., object], devices: int, device: str = "cpu", *args: object, **options: object
) -> object:
    """Call a function in several new processes, each with a ``fabric`` that makes them work on the same batches.

    They are started from here and do not run the program again from its beginning, so what it holds, such as a lock, it
    holds for all of them.

    Parameters
    ----------
    function : callable
        Gets the arguments, ``fabric`` and ``device``, that of its process; importable.
    devices : int
        How many processes, one a device.
    device : str
        ``"cpu"`` or ``"cuda"``.
    *args, **options
        For the function.

    Returns
    -------
    object
        What the first process returns.

    Raises
    ------
    InputError
        ``E_EXTRA`` if Lightning is not installed.
    """
    try:
        from lightning.fabric import Fabric
    except ImportError as error:
        found = f"{devices} devices, but lightning is not installed"
        raise InputError("E_EXTRA", found, "pip install 'jetexplore[multi]'") from error
    # "ddp" would start the command once more for each device, which would find its own lock taken and leave the first
    # one waiting for ever
    fabric = Fabric(accelerator="cuda" if device == "cuda" else "cpu", devices=devices, strategy="ddp_spawn")
    return fabric.launch(_call, function, args, options)


def _call(fabric: object, function: Callable[..., object], args: tuple, options: dict) -> object:
    import torch

    torch.set_num_threads(1)
    return function(*args, fabric=fabric, device=str(fabric.device), **options)
