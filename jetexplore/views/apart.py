"""Which jets do two scores see most differently? Pictures of them; a press makes one the page's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jetexplore import anomaly
from jetexplore.anomaly.comparison import Disagreement
from jetexplore.views.pictures import Pictures


class Apart(Pictures):
    """Pictures of jets, each with the ranks that two scores give it.

    Parameters
    ----------
    choose : callable
        Takes class and number of the jet that was pressed.

    Examples
    --------
    >>> apart = Apart(print)
    >>> apart.tell([Disagreement("W", 7, 0.9, 0.1)])
    >>> apart.captions
    ['90.0 % left, 10.0 % right']
    """

    def __init__(self, choose: Callable[[str, int], None]) -> None:
        super().__init__(lambda place: choose(*self.jets[place][:2]))
        self.jets: list[Disagreement] = []

    def tell(self, some: Sequence[Disagreement]) -> None:
        """Show these jets.

        Parameters
        ----------
        some : sequence of Disagreement
            In the order in which they are shown.
        """
        self.jets = list(some)
        titles = [f"{one.name} jet {one.number}" for one in some]
        images = [anomaly.image(one.name, one.number) for one in some]
        self.show(titles, images, [f"{_percent(one.left)} left, {_percent(one.right)} right" for one in some])


def _percent(rank: float) -> str:
    return f"{100 * rank:.1f} %"
