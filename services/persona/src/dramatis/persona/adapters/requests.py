"""What stores say of requests that come again."""

from dramatis.core.errors import Invalid


def reused() -> Invalid:
    """A request id came again with another body."""
    return Invalid(
        "this request_id was used before with another request",
        reason="REQUEST_ID_REUSED",
        field="request_id",
    )
