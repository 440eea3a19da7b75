"""What comes out of the network? One jet, its reconstruction, what differs, and a walk through the latent space."""

from __future__ import annotations

import numpy as np
import panel as pn
import panel_material_ui as pmui

from jetexplore import anomaly
from jetexplore.anomaly import networkstudy
from jetexplore.views import autoencoders, differenceplots
from jetexplore.views.live import after, following
from jetexplore.views.pictures import Pictures
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

DEPENDS = ["network", "passing", "example"]
SCORES = {"MSE": "{:.3g}", "MAE": "{:.3g}", "Wass(1)": "{:.4f} rad", "KLD": "{:.1f} nats", "Mahalanobis": "{:.1f} σ"}


class PassageView(pn.viewable.Viewer):
    """A jet before and after a network, and what the network draws where a latent dimension is moved.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the network, the class and number of the jet, the dimension and how far it is moved.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.pictures = Pictures(
            signed=[2], span=differenceplots.DIFFERENCE, signed_colours=differenceplots.difference_palette()
        )
        self.told, self.place = pn.pane.Markdown(margin=(0, 10)), pn.pane.Markdown(margin=(0, 10))
        slider = {"sizing_mode": "stretch_width", "disabled": choice.param.ready.rx().rx.not_()}
        self.rank = pmui.IntSlider.from_param(choice.param.rank, label="Latent dimension, most active first", **slider)
        self.shift = pmui.FloatSlider(
            label="Moved by, in standard deviations over QCD jets",
            start=-5,
            end=5,
            step=0.1,
            value=choice.shift,
            **slider,
        )
        self._load()
        self._walk(self._moved())
        after(choice, DEPENDS, self.prepare, self._reload, "Passing a jet through the network")
        walk = following(choice, self._moved, self._walk, "Decoding")
        self.shift.param.watch(walk, "value")  # while it is being dragged, unlike all other sliders
        self.shift.param.watch(lambda event: choice.param.update(shift=round(event.new, 1)), "value_throttled")
        choice.on_change(["shift"], lambda: self.shift.param.update(value=choice.shift))
        choice.on_change(["rank"], walk)
        before, after_ = (
            pmui.Button(label=label, variant="outlined", size="small", margin=(8, 4)) for label in ("Previous", "Next")
        )
        before.on_click(lambda _: self._step(-1))
        after_.on_click(lambda _: self._step(1))
        kind = pmui.RadioButtonGroup.from_param(choice.param.passing, label="Class of the jet", size="small", margin=8)
        self._layout = pn.Column(
            wrapped(kind, before, after_, self.told, sizing_mode="stretch_width", align_items="center"),
            self.pictures,
            wrapped(
                pn.Column(self.rank, styles={"flex": "1 1 280px"}, max_width=460),
                pn.Column(self.shift, styles={"flex": "1 1 280px"}, max_width=460),
                sizing_mode="stretch_width",
            ),
            self.place,
            pn.pane.HTML(_scale(), sizing_mode="stretch_width", margin=(5, 10)),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def prepare(self) -> None:
        """Compute what is shown; may run in any thread."""
        prepare(self.choice)

    def _load(self) -> None:
        choice, name = self.choice, autoencoders.shown(self.choice)
        self._name, self._title = name, f"{choice.passing} jet {choice.example}"
        self._passage = networkstudy.passage(name, choice.passing, choice.example)
        values = " · ".join(f"{score} **{form.format(self._passage.scores[score])}**" for score, form in SCORES.items())
        self.told.object = f"{self._title}: {values}"

    def _reload(self) -> None:
        if not autoencoders.exists(autoencoders.shown(self.choice)):
            return
        self._load()
        self._walk(self._moved())

    def _moved(self) -> np.ndarray:
        return networkstudy.moved(self._name, self._passage.mean, self.choice.rank, self.shift.value)

    def _walk(self, image: np.ndarray) -> None:
        about, rank = networkstudy.activity(self._name), self.choice.rank
        dimension, some = about.order[rank], self._passage
        moved = f"dimension {dimension} at {self.shift.value:+.1f} σ"
        titles = [self._title, "reconstruction", "reconstruction − jet", moved]
        self.pictures.show(titles, [some.image, some.reconstruction, some.reconstruction - some.image, image])
        idle = "" if rank < about.active else " It is not active: moving it changes next to nothing."
        self.place.object = (
            f"Walking from {self._title}: dimension {dimension} is number {rank + 1} of {len(about.order)} "
            f"by activity, its mean varies by σ = {about.spread[dimension]:.3g} over QCD jets; "
            f"{about.active} are active.{idle}"
        )

    def _step(self, by: int) -> None:
        low, high = self.choice.param.example.bounds
        self.choice.example = low + (self.choice.example + by - low) % (high - low + 1)


def prepare(choice: Choice) -> None:
    """Compute what `PassageView` shows of a network that exists; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.
    """
    name = autoencoders.shown(choice)
    if autoencoders.exists(name):
        anomaly.images()
        networkstudy.passage(name, choice.passing, choice.example)
        networkstudy.activity(name)


def _scale() -> str:
    colours = ", ".join(differenceplots.difference_palette()[::14])
    ends = f"−{differenceplots.DIFFERENCE:g}", "equal", f"+{differenceplots.DIFFERENCE:g}"
    return (
        '<div style="max-width:480px;font-size:12px"><div style="height:10px;border-radius:3px;'
        f'background:linear-gradient(to right, {colours})"></div><div style="display:flex;'
        f'justify-content:space-between">{"".join(f"<span>{end}</span>" for end in ends)}</div>'
        "difference of the fraction of transverse momentum in a pixel. The other pictures have the scale of the jets "
        "above; what a network draws may be negative there, which is night blue, too</div>"
    )
