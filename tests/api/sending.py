"""Programs that write: one for each account, by a token of its own."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.actions.tokens import make_token

API = "/api/v1/"
PASSWORD = "a long enough password"


@dataclass
class Program:
    """What `account` does by program; each answer is (status, JSON)."""

    account: Any
    text: str
    last: Any = None

    def __call__(self, method: str, address: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body, default=str).encode()
        self.last = Client().generic(
            method, address if "://" in address else API + address, content, content_type="application/json",
            headers={"Authorization": f"Token {self.text}", **headers},
        )  # fmt: skip
        return self.last.status_code, json.loads(self.last.content or b"null")

    def get(self, address: str) -> Any:
        status, content = self("GET", address)
        assert status == 200, content
        return content

    def post(self, address: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self("POST", address, body, **headers)

    def patch(self, address: str, body: Any, version: Any = None, **headers: str) -> tuple[int, Any]:
        return self("PATCH", address, body, **({"If_Match": f'"{version}"'} if version else {}), **headers)

    def delete(self, address: str, version: Any = None) -> tuple[int, Any]:
        return self("DELETE", address, **({"If_Match": f'"{version}"'} if version else {}))


def program(account: Any, *scopes: str, **more: Any) -> Program:
    scopes = scopes or (("read", "write", "load") if account.write_prefix else ("read",))
    made = {"name": "程序", "scopes": scopes, "password": PASSWORD, "by": account, **more}
    return Program(account, make_token(account, **made)[1])


def send_form(sender: Program, address: str, values: dict[str, str], *photos: bytes, **headers: str) -> tuple[int, Any]:
    """A form, with photos as what proves it."""
    proof = [SimpleUploadedFile(f"佐证{number}.jpg", content) for number, content in enumerate(photos)]
    headers = {"Authorization": f"Token {sender.text}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    sender.last = Client().post(API + address, values | ({"proof": proof} if proof else {}), headers=headers)
    return sender.last.status_code, sender.last.json()


def faults(answer: tuple[int, Any]) -> list[tuple]:
    """(index, field, code) of what stands against a request."""
    return [(error.get("index"), error["field"], error["code"]) for error in answer[1]["errors"]]


def problem(answer: tuple[int, Any]) -> tuple[int, str]:
    """The status of an answer, and what kind of problem it tells of."""
    return answer[0], answer[1]["type"].removeprefix("urn:showcase:problem:")
