"""Django's cache in Redis, which also counts in one trip to the server."""

from functools import cached_property
from typing import Any

from django.core.cache.backends import redis


class RedisCache(redis.RedisCache):
    @cached_property
    def _client(self) -> Any:
        """The client, made once: Django makes one for each call, which takes longer than the call."""
        return self._cache.get_client(write=True)

    def count(self, key: str, timeout: int) -> int:
        """Adds one to the number at `key` and returns it; the first one sets when it is forgotten, in seconds."""
        name = self.make_and_validate_key(key)
        number = self._client.incr(name)
        if number == 1:
            self._client.expire(name, timeout)
        return number
