from dramatis.ingest.adapters.grpc_campaigns import MAX_PAGE_BYTES, fitting
from dramatis.ingest.ports import HeldCampaign


def held(*sizes: int) -> list[HeldCampaign]:
    return [HeldCampaign(str(at), 1, bytes(size)) for at, size in enumerate(sizes)]


def test_a_page_holds_what_was_asked_for_and_what_fits_a_message() -> None:
    half = MAX_PAGE_BYTES // 2
    assert len(fitting(held(1, 1, 1), 2)) == 2
    assert len(fitting(held(half, half, 1), 3)) == 2
    assert len(fitting(held(3 * half, 1), 2)) == 1
    assert fitting([], 5) == []
