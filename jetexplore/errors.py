"""What is said when the input is wrong: one sentence, one stable code."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used, told in one sentence.

    Parameters
    ----------
    code : str
        Stable identifier such as ``"E_RANGE_PT"``; programs test this, people read the sentence.
    found : str
        What was received.
    expected : str
        What is allowed.
    where : str, optional
        The file, key, row or argument concerned.
    mend : str, optional
        How to put it right.

    Examples
    --------
    >>> error = InputError("E_METRIC", "unknown metric 'Wass1'", "one of MSE, MAE, Wass(p)")
    >>> print(error)
    unknown metric 'Wass1'; allowed: one of MSE, MAE, Wass(p)
    >>> error.code
    'E_METRIC'
    """

    def __init__(self, code: str, found: str, expected: str, where: str = "", mend: str = "") -> None:
        self.code = code
        self.found = found
        self.expected = expected
        self.where = where
        self.mend = mend
        super().__init__(code, found, expected, where, mend)

    def __str__(self) -> str:
        """Give the sentence."""
        prefix = f"{self.where}: " if self.where else ""
        suffix = f" ({self.mend})" if self.mend else ""
        sentence = f"{prefix}{self.found}; allowed: {self.expected}{suffix}"
        # names and messages come from files, too: none of them may move the cursor of a terminal
        return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in sentence)


def choose(kind: str, name: object, allowed: object, code: str) -> object:
    """Return ``name`` if it is among ``allowed``, else raise one clear sentence.

    Parameters
    ----------
    kind : str
        What is being chosen, as the reader knows it ("metric", "class").
    name : object
        The received value.
    allowed : collection of str
        The allowed values.
    code : str
        The error's stable code.

    Returns
    -------
    object
        ``name``, unchanged.

    Raises
    ------
    InputError
        If ``name`` is not allowed.

    Examples
    --------
    >>> choose("class", "QCD", ["QCD", "Top", "W"], "E_CLASS")
    'QCD'
    """
    known = list(allowed)
    if not isinstance(name, str) or name not in known:
        raise InputError(code, f"unknown {kind} {name!r}", ", ".join(map(str, known)))
    return name
