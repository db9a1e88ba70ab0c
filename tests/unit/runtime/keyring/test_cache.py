"""Keys at hand."""

from dramatis.runtime.keyring.cache import GONE, Cache

A, B, C = (("acme", name) for name in "abc")


def test_the_least_recently_used_goes() -> None:
    cache = Cache(2)
    cache.put(A, b"1")
    cache.put(B, b"2")
    assert cache.get(A) == b"1"
    cache.put(C, b"3")
    assert [cache.get(each) for each in (A, B, C)] == [b"1", None, b"3"]


def test_a_look_up_that_comes_back_late_brings_nobody_back() -> None:
    cache = Cache(2)
    cache.put(A, b"1")
    cache.drop([A, B])
    assert (cache.get(A), cache.get(B)) == (GONE, None)
    assert cache.put(A, b"1") == cache.put(B, b"2") == GONE
    assert (cache.get(A), cache.get(B)) == (GONE, GONE)
