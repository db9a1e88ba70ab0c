"""What was refused, as callers ask for it: days and pages."""

from collections.abc import Sequence
from datetime import date

from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.domain.notes import FIRST, DayNote, Note
from dramatis.runtime import pages

FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"


def days(request: pb.ListRefusalsRequest) -> tuple[str, str]:
    """The first and the last day that are asked for.

    Raises:
        Invalid: one of them is no day.
    """
    return _day(request.start_day, FIRST_DAY, "start_day"), _day(
        request.end_day, LAST_DAY, "end_day"
    )


def after(tenant: str, request: pb.ListRefusalsRequest) -> DayNote:
    """The note before the page.

    Raises:
        Invalid: the token is not one of this list.
    """
    first: pages.Place = list(_place(FIRST))
    day, *note = map(str, pages.place(_listing(tenant), request.page_token, first))
    return DayNote(day, Note(*note))


def answer(tenant: str, found: Sequence[tuple[DayNote, int]], size: int) -> pb.ListRefusalsResponse:
    """A page of those that were found, one more than it holds if there are more."""
    page = pb.ListRefusalsResponse(refusals=[_refusal(*each) for each in found[:size]])
    if len(found) > size:
        page.next_page_token = pages.token(_listing(tenant), list(_place(found[size - 1][0])))
    return page


def _listing(tenant: str) -> str:
    return f"refusals {tenant}"


def _refusal(of: DayNote, items: int) -> pb.Refusal:
    day, kind, rule, what, field = _place(of)
    return pb.Refusal(day=day, kind=kind, rule=rule, what=what, field=field, items=items)


def _place(of: DayNote) -> tuple[str, str, str, str, str]:
    return of.day, of.note.kind, of.note.rule, of.note.what, of.note.field


def _day(text: str, default: str, field: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else default
    except ValueError:
        raise Invalid(f"{field} is a day such as 2026-05-01", field=field) from None
