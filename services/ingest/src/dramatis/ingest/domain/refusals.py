"""Why something does not come in, where several rules say so."""

from dramatis.core.consent import DataType
from dramatis.core.errors import Invalid, Refused


def erased() -> Refused:
    """Why nothing new of an erased recipient is kept."""
    return Refused("this recipient asked to be forgotten", reason="RECIPIENT_ERASED", field="")


def profiling_denied() -> Refused:
    """Why nothing is learned of a recipient."""
    return Refused(
        "this recipient does not want to be profiled", reason="PROFILING_DENIED", field=""
    )


def not_asked(data_type: DataType) -> Refused:
    """Why something sensitive is not learned of a recipient who has said nothing of it."""
    return Refused(
        f"this recipient has not allowed data of the type {data_type.name} to be used",
        reason="CONSENT_MISSING",
        field="",
        data_type=data_type.name,
    )


def raw_address(field: str) -> Invalid:
    """Why an e-mail address does not come in."""
    return Invalid(
        "a raw e-mail address is no id, attribute name or category: send a pseudonym",
        reason="RAW_EMAIL_ADDRESS",
        field=field,
    )
