"""Memory of a process: what is made once and used again, bounded by the bytes it takes; and what is given back."""

import ctypes
import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import wraps
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
SHARE = 8  # a value that takes a larger part of the memory than one of so many is not kept


class ByteCache(Generic[Value]):
    """Values by key, of up to `most` bytes together. What was used least recently is dropped first."""

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0
        self.entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        with self.lock:
            if key not in self.entries:
                return None
            self.entries.move_to_end(key)
            return self.entries[key][0]

    def add(self, key: Hashable, value: Value, size: int) -> None:
        if size * SHARE > self.most:
            return
        with self.lock:
            if key in self.entries:
                return
            self.entries[key] = value, size
            self.size += size
            while self.size > self.most:
                _key, (_value, freed) = self.entries.popitem(last=False)
                self.size -= freed

    def clear(self) -> None:
        with self.lock:
            self.entries.clear()
            self.size = 0


def cache_up_to(most: int, size_of: Callable[[Any], int]) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Keeps what the function returns, by its arguments, up to `most` bytes; `size_of` gives the bytes of a value."""

    def decorate(function: Callable[..., Value]) -> Callable[..., Value]:
        cache: ByteCache[Value] = ByteCache(most)

        @wraps(function)
        def cached(*arguments: Hashable) -> Value:
            value = cache.get(arguments)
            if value is None:
                value = function(*arguments)
                cache.add(arguments, value, size_of(value))
            return value

        return cached

    return decorate


def return_memory() -> None:
    """Gives back to the system what large work has freed, where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
