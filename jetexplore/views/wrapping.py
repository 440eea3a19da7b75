"""How do things lie beside each other where there is room, and below each other on a phone?"""

from __future__ import annotations

import panel as pn


def wrapped(*some: object, gap: str = "0", align_items: str = "flex-start", **options: object) -> pn.Column:
    """Put things in a row that is broken where the page is narrow.

    Panel's own ``FlexBox`` does so, too, but figures in one that comes to a page late are never laid out.

    Parameters
    ----------
    *some : object
        What Panel shows; ``styles={"flex": "1 1 340px"}`` lets one share the width that is left.
    gap : str
        Room between them, as CSS has it.
    align_items : str
        Likewise.
    **options
        Of the column.

    Returns
    -------
    panel.Column
        Whose children are laid out in a row.

    Examples
    --------
    >>> wrapped("one", "two", gap="4px").styles["flex-flow"]
    'row wrap'
    """
    styles = {"flex-flow": "row wrap", "gap": gap, "align-items": align_items}
    return pn.Column(*some, styles={**styles, **options.pop("styles", {})}, **options)
