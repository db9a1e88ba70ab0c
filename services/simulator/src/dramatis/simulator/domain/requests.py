"""When the same request comes again."""

from dramatis.core.errors import Invalid


def reused() -> Invalid:
    """A request id came again with another body."""
    return Invalid(
        "this request_id was used before for something else: choose a new one for each request",
        reason="REQUEST_ID_REUSED",
        field="request_id",
    )
