"""The explorer: ``panel serve apps/explorer.py --show``."""

import panel as pn

pn.extension(throttled=True, respect_explicit_sizing=True)

from jetexplore.views import explorer  # noqa: E402  (views need the extension first)

explorer.page().servable(location=False)  # it has a history of its own
