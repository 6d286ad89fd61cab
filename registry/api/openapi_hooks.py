"""What OpenAPI 3.0 needs after the description was generated."""

from typing import Any

NULL: dict[str, Any] = {"type": "object", "nullable": True, "enum": [None]}  # only null is valid
COMBINED = ("oneOf", "anyOf", "allOf")


def say_null(result: Any, **_context: Any) -> Any:
    """Says null so that validators take it: `nullable` counts beside a `type` only, and an `enum` must list null."""
    if isinstance(result, list):
        for part in result:
            say_null(part)
    elif isinstance(result, dict):
        for name, part in result.items():
            if name not in ("example", "examples", "default", "enum"):
                say_null(part)
        if result.get("nullable") is True:
            _say_null(result)
    return result


def _say_null(schema: dict[str, Any]) -> None:
    if "type" in schema:
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return
    combined = next((name for name in COMBINED if name in schema), "")
    if combined:
        options = schema.pop(combined)
        options = [{"allOf": options}] if combined == "allOf" and len(options) > 1 else options
        schema["anyOf" if combined == "allOf" else combined] = [*options, dict(NULL)]
        del schema["nullable"]
    elif "enum" in schema:
        schema |= {"type": "string", "enum": [*dict.fromkeys([*schema["enum"], None])]}
