"""Random numbers by seed and purpose, so that no order of work changes them."""

import hashlib

import torch
from torch import Generator, Tensor


def stream(seed: int, *purpose: object, device: torch.device | str = "cpu") -> Generator:
    """A generator of its own for each seed and purpose.

    >>> a, b = stream(1, "cell", "p1"), stream(1, "cell", "p1")
    >>> bool((torch.rand(3, generator=a) == torch.rand(3, generator=b)).all())
    True
    """
    text = repr((seed, *map(str, purpose))).encode()
    number = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1
    return Generator(device).manual_seed(number)


def seed_from(rng: Generator) -> int:
    """The next seed that a generator gives; moves it on."""
    return int(torch.randint(2**62, (1,), generator=rng, device=rng.device))


def gamma(shape: Tensor, rng: Generator) -> Tensor:
    """Gamma variates of scale 1, one for each shape > 0."""
    return torch._standard_gamma(shape, generator=rng)


def beta(alpha: Tensor, beta: Tensor, rng: Generator) -> Tensor:
    """Beta variates, one for each pair of shapes > 0."""
    first, second = gamma(alpha, rng), gamma(beta, rng)
    return first / (first + second)
