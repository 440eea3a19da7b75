"""What does the distance of these two jets mean? Both, and what the optimal plan moves from one to the other."""

from __future__ import annotations

import panel as pn

from jetexplore import anomaly, distances
from jetexplore.views.pictures import Pictures
from jetexplore.views.planpicture import PlanPicture


class PairView:
    """One pair: its distances in words, its plan and its jets in pictures, to be put where there is room.

    Examples
    --------
    >>> view = PairView()
    >>> view.show(("QCD", "MSE", "Wass(1)"), (3, 141), (2.5e-4, 0.1))
    >>> view.ends.titles
    ['QCD jet 3', 'QCD jet 141']
    """

    def __init__(self) -> None:
        self.told = pn.pane.Markdown(margin=(0, 10))
        self.plan, self.ends = PlanPicture(), Pictures(width=254, sizing_mode="fixed")
        self._drawn: tuple[tuple, tuple] = (), ()  # which jets, and which plan of theirs

    def show(self, shown: tuple[str, str, str], pair: tuple[int, int], values: tuple[float, float]) -> None:
        """Show a pair; what of it is drawn already stays.

        Parameters
        ----------
        shown : tuple of str
            Class, and the metrics of both axes.
        pair : tuple of int
            The two jets.
        values : tuple of float
            Their distances by these metrics.
        """
        name, _, vertical = shown
        told = ", ".join(_valued(*one) for one in zip(shown[1:], values, strict=True))
        self.told.object = (
            f"**{name} jets {pair[0]} and {pair[1]}**: {told}. "
            "Lines show where the optimal plan moves the transverse momentum of the first jet (filled) "
            "to become the second (open)."
        )
        metric = vertical if vertical.startswith("Wass") else "Wass(1)"
        ends = name, *pair
        some = [anomaly.image(name, number) for number in pair]
        if self._drawn[0] != ends:
            self.ends.show([f"{name} jet {number}" for number in pair], some)
        if self._drawn[1] != (metric, *ends):
            plan = distances.optimal_plan(*some, metric)
            title = f"jet {pair[0]} to jet {pair[1]}: {metric} = {plan.distance:.6f} rad"
            self.plan.show(plan, name, title)
        self._drawn = ends, (metric, *ends)


def _valued(metric: str, value: float) -> str:
    unit = distances.metric(metric).unit
    return f"{metric} = {value:.6g}{f' {unit}' if unit else ''}"
