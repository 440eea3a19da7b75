"""How do several processors share one training? Lightning Fabric, an optional extra, splits every batch among them."""

from __future__ import annotations

from collections.abc import Callable

from jetexplore.errors import InputError


def launch(
    function: Callable[..., object], devices: int, device: str = "cpu", *args: object, **options: object
) -> object:
    """Call a function in several processes, each with a ``fabric`` that makes them work on the same batches.

    Parameters
    ----------
    function : callable
        Gets the arguments and ``fabric``; importable, since on the processor it is called in new processes.
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
    strategy = "ddp_spawn" if device == "cpu" else "ddp"
    fabric = Fabric(accelerator="cuda" if device == "cuda" else "cpu", devices=devices, strategy=strategy)
    return fabric.launch(_call, function, args, options)


def _call(fabric: object, function: Callable[..., object], args: tuple, options: dict) -> object:
    import torch

    torch.set_num_threads(1)
    return function(*args, fabric=fabric, **options)
