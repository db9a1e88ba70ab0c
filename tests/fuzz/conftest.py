"""The five services, for whatever the wire can carry."""

from tests.e2e.conftest import fleet

__all__ = ["fleet"]
