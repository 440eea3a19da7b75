"""Are near jets near inside the network? All pairs in the plane of a distance inside it and a Wasserstein distance."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui

from jetexplore import anomaly, distances
from jetexplore.anomaly import networkpairs, networkstudy
from jetexplore.views import autoencoders, plots, raster
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after
from jetexplore.views.pairs import SHAPE
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

DEPENDS = ["network", "features", "against"]
LABELS = {
    "latent": "Euclidean distance of latent means",
    "latent Jeffreys": "Jeffreys divergence of latent distributions [nats]",
    "latent Bhattacharyya": "Bhattacharyya distance of latent distributions [nats]",
    "latent Wass(2)": "Wass(2) of latent distributions",
}


class LatentPairsView(pn.viewable.Viewer):
    """Datashaded distances inside a network against Wass(p) (figures 4 to 6 of Fraser et al., 2021).

    Parameters
    ----------
    choice : Choice
        The selections; listens to the network, what of it is compared, and with which distance.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self._stream, self._range = hv.streams.Counter(), hv.streams.RangeXY()
        self.told = pn.pane.Markdown(margin=(0, 10))
        self._load()
        after(choice, DEPENDS, self.prepare, self._reload, "Comparing 499,500 pairs inside the network")
        pairs = hv.DynamicMap(self._density, streams=[self._stream, self._range])
        self._range.source = pairs
        self._layout = pn.Column(
            wrapped(
                pmui.Select.from_param(choice.param.features, label="Inside the network", width=200),
                pmui.Select.from_param(choice.param.against, label="Against", width=130),
                sizing_mode="stretch_width",
            ),
            self.told,
            pn.pane.HoloViews(pairs, height=380, min_width=300, **WIDE),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def prepare(self) -> None:
        """Compute what is shown; may run in any thread."""
        prepare(self.choice)

    def _load(self) -> None:
        name, features, against = _compared(self.choice)
        self._x, self._y = networkpairs.inner_distances(name, features), anomaly.pairs("QCD", against)
        finite = self._x[np.isfinite(self._x)]
        self._full = (
            0.0,
            0.0,
            (float(finite.max()) if len(finite) else 0.0) * 1.02 or 1.0,
            float(self._y.max()) * 1.02,
        )
        self._labels = LABELS.get(features, f"MSE of what leaves {features}"), f"{against} [rad]"
        p = float(against[5:-1])
        here = networkpairs.agreement(name, features, p)
        missing = f" This network has no {self.choice.features}; {features} is shown." * (
            features != self.choice.features
        )
        self.told.object = f"**Pearson r = {_written(here)}**{self._beside(name, features, p)}{missing}"

    def _beside(self, name: str, features: str, p: float) -> str:
        card = networkstudy.card(name)
        random = [one.r for one in networkpairs.untrained_agreements(card.downsamplings, features, p)]
        blocks = f"{card.downsamplings} block{'s' if card.downsamplings > 1 else ''}"
        other = f"untrained networks of {blocks}: {', '.join(f'{r:.3f}' for r in random)}"
        pairs = f"{len(self._y):,} pairs of {distances.n_items(len(self._y)):,} QCD jets"
        active = networkstudy.activity(name).active
        return f" over {pairs}; {other}. {active} latent dimensions are active."

    def _reload(self) -> None:
        if not autoencoders.exists(autoencoders.shown(self.choice)):
            return
        self._load()
        self._range.update(x_range=None, y_range=None)
        self._stream.event()

    def _density(self, counter: int, x_range: tuple | None, y_range: tuple | None) -> hv.Image:  # noqa: ARG002
        bounds = raster.window(x_range, y_range, self._full)
        return plots.density(raster.counts(self._x, self._y, bounds, SHAPE), bounds, self._labels)


def prepare(choice: Choice) -> None:
    """Compute what `LatentPairsView` shows of a network that exists; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.
    """
    if autoencoders.exists(autoencoders.shown(choice)):
        name, features, against = _compared(choice)
        p = float(against[5:-1])
        anomaly.pairs("QCD", against)
        networkpairs.inner_distances(name, features)
        networkpairs.agreement(name, features, p)
        networkpairs.untrained_agreements(networkstudy.card(name).downsamplings, features, p)
        networkstudy.activity(name)


def _compared(choice: Choice) -> tuple[str, str, str]:
    """Network, what of it, and with what; the last block where a deeper one was chosen."""
    name = autoencoders.shown(choice)
    depth = networkstudy.card(name).downsamplings
    there = choice.features in networkpairs.features_of(depth)
    return name, choice.features if there else f"block {depth}", choice.against


def _written(found: networkpairs.Agreement) -> str:
    return f"{found.r:.3f} ± {found.error:.3f}" if np.isfinite(found.r) else "undefined, since nothing varies"
