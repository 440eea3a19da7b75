"""How does a network learn the energy mover's distance? EMD-GNN of Tsan et al. (2021), section 3.

Two jets are one graph: particles (pT, eta, phi) relative to the jet, and a channel, +1 for the first jet, -1 for the
second. Three dynamic edge convolutions, each with the 16 nearest neighbours in the features of the moment, a mean over
all particles, a head, a softplus. Both orders of the jets pass, and the answer is the average. Where the text leaves
something open, this module decides once:

- **Relative pT** is the share of the scalar sum, as in the authors' public code (`relative coordinates`) and in JetNet,
  so the EMD is one of shares, in rad for R = 1, and lies below the diameter of the jets. ``weights="GeV"`` is the other
  reading: pT as it is, the EMD in GeV with the penalty for unequal sums. Inputs are then in 100 GeV.
- **A two-layered network** is linear, batch norm, ReLU, linear. The authors' code has three linear layers with the last
  one bare: ``linears=3``. The bare last layer goes behind the mean over neighbours: the same numbers, for a
  sixteenth of the work.
- **Neighbours** include the particle itself, as they do in PyTorch Geometric, which the authors used.
- **Widths** (32, 64, 128), the normalised input beside the features of each layer, and the head 128, 128, 1 with
  batch norm are of the authors' code; the text gives none. That code feeds the first layer what is not normalised:
  then the channel keeps the jets 2 apart and first neighbours are of the same jet. ``first="normalised"`` mixes them.
- **Units.** The network's numbers are EMDs in units of `emdgraphs.UNITS`: 0.1 rad for shares, 100 GeV.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jetexplore.errors import InputError, choose
from jetexplore.models.dynamicedge import NEIGHBOURS, DynamicEdgeConv, Norm, nearest

WIDTHS = (32, 64, 128)
HEAD = 128


class EMDGNN(nn.Module):
    """Learned energy mover's distance of Tsan et al. (2021), section 3: pairs of jets in, both orders' EMD out.

    Parameters
    ----------
    widths : tuple of int
        Features behind each dynamic edge convolution.
    neighbours : int
        Neighbours of a particle.
    linears : int
        Linear layers of an edge's network, 2 (the text) or 3 (the authors' code).
    first : {"raw", "normalised"}
        Whether the first layer's neighbours and features are those of the input as it is.
    plain : bool
        As in `DynamicEdgeConv`.

    Raises
    ------
    InputError
        ``E_RANGE`` or ``E_CHOICE``.

    Examples
    --------
    >>> network = EMDGNN()
    >>> sum(weights.numel() for weights in network.parameters())
    78377
    >>> network(torch.rand(9, 4), torch.tensor([0, 4, 9])).shape
    torch.Size([2, 2])
    """

    def __init__(
        self, widths: tuple[int, ...] = WIDTHS, neighbours: int = NEIGHBOURS, linears: int = 2, first: str = "raw",
        plain: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        choose("first layer's input", first, ("raw", "normalised"), "E_CHOICE")
        if neighbours < 1:
            raise InputError("E_RANGE", f"{neighbours} neighbours", "at least one", where="neighbours")
        self.first = first
        self.norm = Norm(4)
        inputs = [4, *(4 + width for width in widths)]
        self.layers = nn.ModuleList(
            DynamicEdgeConv(before, width, linears, neighbours, plain)
            for before, width in zip(inputs, widths, strict=False)
        )
        self.head = nn.Sequential(
            nn.Linear(inputs[-1], HEAD, bias=False), Norm(HEAD), nn.ReLU(),
            nn.Linear(HEAD, HEAD, bias=False), Norm(HEAD), nn.ReLU(), nn.Linear(HEAD, 1),
        )  # fmt: skip

    def forward(self, nodes: Tensor, offsets: Tensor) -> Tensor:
        """Give the network's outputs for both orders of each pair; the predicted EMD is their mean.

        Parameters
        ----------
        nodes : Tensor, shape (t, 4)
            As `emdgraphs.graphs` makes them.
        offsets : Tensor of int, shape (n + 1,)
            Of graphs.

        Returns
        -------
        Tensor, shape (2, n)
            EMDs in units of `emdgraphs.UNITS`, >= 0: first and second as given, and exchanged.
        """
        pairs, rows = len(offsets) - 1, len(nodes)
        both = torch.cat([nodes, nodes * nodes.new_tensor([1.0, 1.0, 1.0, -1.0])])  # exchanged: the other sign
        offsets = torch.cat([offsets, offsets[1:] + rows])
        normalised = self.norm(both)
        features = both if self.first == "raw" else normalised
        for number, layer in enumerate(self.layers):
            near = None
            if number == 0:  # a sign changes no distance: both orders have the same neighbours
                plain = layer.plain or nodes.device.type != "cpu"
                near = nearest(features[:rows], offsets[: pairs + 1], layer.neighbours, plain)
                near = torch.cat([near, torch.where(near < 0, near, near + rows)])
            features = torch.cat([normalised, layer(features, offsets, near)], 1)
        count = offsets.diff()
        graph = torch.repeat_interleave(torch.arange(2 * pairs, device=nodes.device), count)
        pooled = features.new_zeros(2 * pairs, features.shape[1]).index_add(0, graph, features) / count[:, None]
        return nn.functional.softplus(self.head(pooled)[:, 0]).view(2, pairs)


def terms(outputs: Tensor, true: Tensor) -> dict[str, Tensor]:
    """Give the symmetric loss of Tsan et al. (2021), section 3.

    Parameters
    ----------
    outputs : Tensor, shape (2, n)
        Of both orders.
    true : Tensor, shape (n,)
        True EMDs in the same units.

    Returns
    -------
    dict of str to Tensor, shape (n,)
        ``loss``, the squared difference of the mean from the truth plus that between the orders; and both parts.

    Examples
    --------
    >>> terms(torch.tensor([[1.0], [3.0]]), torch.tensor([1.0]))["loss"].item()
    5.0
    """
    distance, asymmetry = (outputs.mean(0) - true) ** 2, (outputs[0] - outputs[1]) ** 2
    return {"loss": distance + asymmetry, "distance": distance, "asymmetry": asymmetry}
