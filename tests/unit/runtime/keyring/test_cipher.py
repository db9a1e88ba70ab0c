"""What is sealed opens with its key, at its place, unchanged, and in no other way."""

import doctest

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from dramatis.runtime.keyring import cipher, master, names
from dramatis.runtime.keyring.cipher import OVERHEAD, Damaged, new_key, seal, unseal

KEY = bytes(range(32))


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_opens_to_what_was_sealed(plain: bytes, place: bytes) -> None:
    assert unseal(KEY, seal(KEY, plain, place), place) == plain


@given(st.binary(max_size=40), st.data())
def test_one_flipped_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, plain, b"here"))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        unseal(KEY, bytes(sealed), b"here")


@given(st.binary(max_size=60))
def test_bytes_that_were_never_sealed_are_refused(anything: bytes) -> None:
    with pytest.raises(Damaged):
        unseal(KEY, anything, b"here")


def test_another_key_or_place_does_not_open_it() -> None:
    sealed = seal(KEY, b"plain", b"here")
    with pytest.raises(Damaged):
        unseal(new_key(), sealed, b"here")
    with pytest.raises(Damaged):
        unseal(KEY, sealed, b"there")


def test_it_is_plain_aes_gcm_with_the_nonce_in_front() -> None:
    sealed = seal(KEY, b"plain", b"here")
    assert (sealed[0], len(sealed)) == (1, len(b"plain") + OVERHEAD)
    assert AESGCM(KEY).decrypt(sealed[1:13], sealed[13:], b"here") == b"plain"


def test_nonces_do_not_repeat() -> None:
    assert len({seal(KEY, b"", b"")[1:13] for _ in range(1000)}) == 1000


@pytest.mark.parametrize("module", [cipher, master, names])
def test_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
