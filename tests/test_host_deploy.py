"""What is shipped for a machine without docker: units, nginx and the command line agree with the portal."""

import configparser
import getpass
import os
import re
import secrets
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from fengnan import settings as settings_file
from tools.serve import SERVER

ROOT = Path(__file__).resolve().parent.parent
SYSTEMD, NGINX = ROOT / "deploy" / "systemd", ROOT / "deploy" / "nginx"
UNITS = ["registry-web.service", "registry-worker.service"]


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(SYSTEMD / name, encoding="utf-8")
    return parser


def shipped_environment() -> dict[str, str]:
    lines = (SYSTEMD / "registry.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_as_an_account_of_its_own_that_writes_nowhere_else(name):
    service = unit(name)["Service"]
    assert (service["User"], service["EnvironmentFile"]) == ("registry", "/etc/registry.env")
    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["UMask"]) == ("strict", "yes", "0077")
    environment = shipped_environment()
    assert environment["DATA_DIR"] == f"/var/lib/{service['StateDirectory']}"
    assert f"-{environment['BACKUP_DIR']}" == service["ReadWritePaths"]


def test_the_units_start_what_the_container_starts():
    command = shlex.split(unit(UNITS[0])["Service"]["ExecStart"])
    assert command[1 : len(SERVER) + 1] == SERVER
    assert command[-1] == "fengnan.wsgi:application"
    assert unit(UNITS[1])["Service"]["ExecStart"].endswith("manage.py runjobs")


def test_the_shipped_environment_names_only_known_variables():
    known = set(re.findall(r'env(?:_\w+)?\("(\w+)"', Path(settings_file.__file__).read_text(encoding="utf-8")))
    assert shipped_environment().keys() <= known


def test_the_command_line_reads_the_environment_of_the_services(tmp_path):
    key = secrets.token_urlsafe(50)
    values = {**shipped_environment(), "SECRET_KEY": key, "DATA_DIR": str(tmp_path), "EMAIL_FROM": "'a $b <c@d.cn>'"}
    file = tmp_path / "registry.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    code = "from django.conf import settings as s; print(s.SECRET_KEY, s.DATA_DIR, s.HTTPS_ONLY, s.DEFAULT_FROM_EMAIL)"
    variables = {
        "PATH": os.environ["PATH"], "REGISTRY_USER": getpass.getuser(), "REGISTRY_HOME": str(ROOT),
        "REGISTRY_ENV": str(file),
    }  # fmt: skip
    command = [str(SYSTEMD / "registry-manage"), "shell", "-v0", "-c", code]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{key} {tmp_path} True a $b <c@d.cn>"


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_takes_its_file(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out"]
    subprocess.run([*make, certificate], check=True, capture_output=True)
    text = (NGINX / "host.conf").read_text(encoding="utf-8").replace("/etc/ssl/registry", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy; {text} }}\n"
    )
    command = ["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_operating_is_linked_and_names_only_what_there_is():
    text = (ROOT / "docs" / "OPERATING.md").read_text(encoding="utf-8")
    for page, guide in {"README.md": "docs/OPERATING.md", "README.zh.md": "docs/OPERATING.zh.md"}.items():
        assert guide in (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(r"`(deploy/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    commands = set(re.findall(r"(?:manage\.py|registry-manage) ([a-z_]+)", text))
    own = {path.stem for app in ("fengnan", "registry") for path in (ROOT / app / "management/commands").glob("*.py")}
    assert commands <= own | {"migrate", "check", "collectstatic", "createsuperuser", "clear"}, commands
