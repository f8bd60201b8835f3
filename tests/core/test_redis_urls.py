"""One Redis address in the words of each library."""

import pytest

from config import redis_urls


@pytest.mark.parametrize(
    ("given", "broker", "cache"),
    [
        ("unix:///tmp/v.sock?db=0", "redis+socket:///tmp/v.sock?virtual_host=0", "unix:///tmp/v.sock?db=1"),
        ("unix:///tmp/v.sock", "redis+socket:///tmp/v.sock?virtual_host=0", "unix:///tmp/v.sock?db=1"),
        ("redis://localhost:6379", "redis://localhost:6379/0", "redis://localhost:6379/1"),
        ("redis://:p%40ss@host:6379/3", "redis://:p%40ss@host:6379/3", "redis://:p%40ss@host:6379/4"),
        (
            "rediss://host:6379/0?ssl_cert_reqs=required",
            "rediss://host:6379/0?ssl_cert_reqs=required",
            "rediss://host:6379/1?ssl_cert_reqs=required",
        ),
    ],
)
def test_spelling(given: str, broker: str, cache: str) -> None:
    assert redis_urls.broker(given) == broker
    assert redis_urls.database(given, 1) == cache


@pytest.mark.parametrize("given", ["http://localhost", "localhost:6379", "redis://localhost/first"])
def test_another_address_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"scheme|invalid literal"):
        redis_urls.broker(given)
