"""Raw e-mail addresses, which have no place where a pseudonym belongs."""

import re

_EMAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:.\"]{2,}")


def is_email(text: str) -> bool:
    """Whether there is an e-mail address in the text.

    >>> is_email("ann@example.org"), is_email("Ann <ann@example.org>"), is_email("r-17@web")
    (True, True, False)
    """
    return "@" in text and _EMAIL.search(text) is not None
