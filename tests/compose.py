"""What docker-compose.yml and the Dockerfile say, read, and started without containers: each service as a plain process
with a root folder of its own, in which only those folders are shared that the file shares."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.processes import ROOT, eventually
from tools.servers import free_port

BIN = Path(sys.executable).parent
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def compose_file(variables: dict[str, str]) -> dict[str, Any]:
    """The compose file with its variables filled in from `variables`, as compose does from `.env`."""

    def fill(match: re.Match) -> str:
        name, rule, text = match.groups()
        if rule == "?" and not variables.get(name):
            raise KeyError(text)
        return variables.get(name) or (text if rule == "-" else "")

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        return VARIABLE.sub(fill, value) if isinstance(value, str) else value

    return filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def image() -> dict[str, Any]:
    """What the last stage of the Dockerfile sets: `environment`, `command` and the command of its `health` check."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").split("\nFROM ")[-1].splitlines()
    instructions = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if line[:1].isupper()}
    return {
        "environment": dict(pair.split("=", 1) for pair in instructions["ENV"].split()),
        "command": json.loads(instructions["CMD"]),
        "health": json.loads(instructions["HEALTHCHECK"].partition("CMD ")[2]),
    }


class Container:
    """One service: its root folder, in which volumes and folders of the image are links to where they really lie."""

    def __init__(self, stack: "Stack", name: str):
        self.stack, self.name, self.service = stack, name, stack.services[name]
        self.root = stack.folder / name
        self.process: subprocess.Popen | None = None
        self.open_folders = [self.root / folder.lstrip("/") for folder in self.service.get("tmpfs", [])]
        for folder in (self.root / "app", self.root / "home", *self.open_folders):
            folder.mkdir(parents=True)
        if "build" in self.service:
            (self.root / "app" / "collected").symlink_to(stack.static)
        for volume in self.service.get("volumes", []):
            self._mount(*volume.split(":")[:2])

    def _mount(self, source: str, target: str) -> None:
        place = self.root / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if source[0] not in "./":
            host_path = self.stack.volumes[source]
        else:
            host_path = ROOT / source
        if host_path.is_file():
            place.write_text(self._inside(host_path.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            place.symlink_to(host_path)

    def _inside(self, text: str) -> str:
        """A configuration file whose addresses and paths are those of this machine."""
        text = re.sub(r"listen (\d+)", lambda match: f"listen 127.0.0.1:{self.stack.port(self.name, match[1])}", text)
        return self.stack.addressed(text).replace("/etc/nginx/", f"{self.root}/etc/nginx/")

    def _word(self, word: str) -> str:
        """A word of a command or a value of the environment."""
        if word.startswith("/"):
            return str(self.root / word.lstrip("/"))
        return self.stack.addressed(word).replace("0.0.0.0", "127.0.0.1")

    def environment(self) -> dict[str, str]:
        set_by_image = image()["environment"] if "build" in self.service else {}
        values = {**set_by_image, **self.service.get("environment", {})}
        own = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.root / "home"),
        }
        return (
            {name: self._word(str(value)) for name, value in values.items()} | own | {"TMPDIR": str(self.root / "tmp")}
        )

    def command(self) -> list[str]:
        words = self.service.get("command") or image()["command"]
        programs = {"python": sys.executable, "manage.py": str(ROOT / "manage.py")}
        port = {"8000": self.stack.port(self.name, "8000")} if self.name == "web" else {}
        return [{**programs, **port}.get(word) or self._word(word) for word in words]

    def start(self, command: list[str] | None = None) -> None:
        with open(self.stack.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                command or self.command(), cwd=self.root / "app", env=self.environment(), start_new_session=True,
                stdout=log, stderr=log,
            )  # fmt: skip

    def finish(self) -> None:
        """Runs a service that ends by itself."""
        done = subprocess.run(
            self.command(), cwd=self.root / "app", env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def is_healthy(self) -> bool:
        """What the health check of the image says."""
        assert self.process is not None and self.process.poll() is None, self.log()
        words = [word.replace(":8000", f":{self.stack.port(self.name, '8000')}") for word in image()["health"]]
        return subprocess.run([sys.executable, *words[1:]], capture_output=True).returncode == 0

    def log(self) -> str:
        return (self.stack.folder / f"{self.name}.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """At once, as a container that is taken away."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def written(self) -> set[Path]:
        """Files the service wrote outside its volumes and the folders that are kept in memory."""
        mounted = {self.root / volume.split(":")[1].lstrip("/") for volume in self.service.get("volumes", [])}
        closed = {path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()} - mounted
        return {path for path in closed if not any(path.is_relative_to(folder) for folder in self.open_folders)}


class Stack:
    """The services of the compose file on ports of this machine. `addresses` are those of servers started elsewhere."""

    def __init__(self, folder: Path, variables: dict[str, str], static: Path, addresses: dict[str, str]):
        read = compose_file(variables)
        self.folder, self.variables, self.static, self.addresses = folder, variables, static, addresses
        self.services = read["services"]
        self.volumes = {name: folder / "volumes" / name for name in read["volumes"]}
        for place in self.volumes.values():
            place.mkdir(parents=True, mode=0o700)
        self.ports: dict[tuple[str, str], str] = {}
        self.containers: dict[str, Container] = {}
        self.on_stop: list[Callable[[], None]] = []

    def port(self, service: str, inside: str) -> str:
        """The port of this machine that stands for a port inside a container."""
        return self.ports.setdefault((service, inside), str(free_port()))

    def addressed(self, text: str) -> str:
        """`text` with `service:port` replaced by where the service really listens."""
        pattern = rf"\b({'|'.join(self.services)}):(\d+)"
        return re.sub(
            pattern,
            lambda match: self.addresses.get(match[1]) or f"127.0.0.1:{self.port(match[1], match[2])}",
            text,
        )

    def container(self, name: str) -> Container:
        self.containers[name] = Container(self, name)
        return self.containers[name]

    def start(self, name: str, command: list[str] | None = None) -> Container:
        made = self.container(name)
        made.start(command)
        return made

    def replace(self, name: str) -> None:
        """A new container in the place of the old one: whatever lay in that one alone is gone."""
        old = self.containers[name]
        old.stop()
        old.root.rename(self.folder / f"{name}.gone")
        eventually(self.start(name).is_healthy)

    def stop(self) -> None:
        for close in self.on_stop:
            close()
        for container in reversed(self.containers.values()):
            container.stop()
