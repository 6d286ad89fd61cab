"""What is deployed: the compose file holds together and passes every setting on, production is secure by default, and a
weak secret or an unreadable address stops the start."""

import ast
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from fengnan import settings as settings_file
from tests.compose import compose_file, image
from tools import local_environment, serve

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT = {"DEBUG", "DEMO", "DEMO_PASSWORD", "TESTING"}  # never set in production
SECRETS = {"SECRET_KEY": "x" * 50, "POSTGRES_PASSWORD": "y" * 20}


def compose() -> list[str] | None:
    """The compose client of this machine; it needs no engine to check a file."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose"]
    return None


needs_compose = pytest.mark.skipif(compose() is None, reason="no compose client is installed")


def configured(*arguments: str, **secrets: str) -> subprocess.CompletedProcess:
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [*(compose() or []), "-f", "docker-compose.yml", "config", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**variables, **secrets}, capture_output=True, text=True)


@needs_compose
def test_the_compose_file_holds_together_and_names_every_part():
    done = configured("--services", **SECRETS)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"db", "redis", "migrate", "web", "worker", "hooks", "beat", "proxy"}


@needs_compose
@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_refused_by_name(missing):
    done = configured("-q", **{name: value for name, value in SECRETS.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize("key", ["", "short"])
def test_production_refuses_a_missing_or_weak_secret_key_and_says_why(key):
    variables = {"PATH": os.environ["PATH"], "SECRET_KEY": key}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "SECRET_KEY is missing or shorter than 40 characters" in done.stderr


def manage(*command: str, **variables: str) -> subprocess.CompletedProcess:
    """manage.py with these variables alone."""
    environment = {"PATH": os.environ["PATH"], **variables}
    command = [sys.executable, str(ROOT / "manage.py"), *command]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_production_without_a_secret_key_refuses_although_it_runs_in_a_clone(tmp_path):
    database = f"sqlite:///{tmp_path}/registry.sqlite3"
    done = manage("check", DATA_DIR=str(tmp_path), DATABASE_URL=database)
    assert done.returncode != 0
    assert "SECRET_KEY is missing or shorter than 40 characters" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_kept_key_that_is_too_short_is_refused(tmp_path):
    (tmp_path / "secret-key").write_text("short")
    assert "SECRET_KEY is missing or shorter than 40 characters" in manage("check", DATA_DIR=str(tmp_path)).stderr


SETTINGS = "from django.conf import settings as s; print(s.SECRET_KEY, s.DEMO, s.DATABASES['default']['NAME'])"


def test_the_command_line_of_a_clone_needs_no_variables_and_shares_key_and_data_with_make_run(tmp_path):
    """DATA_DIR stands for `var`, which may hold somebody's registry."""
    first = manage("shell", "-v0", "-c", SETTINGS, DATA_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    key = local_environment.environment(tmp_path)["SECRET_KEY"]
    assert len(key) > 40
    assert first.stdout.split() == [key, "True", str(tmp_path / "registry.sqlite3")]
    assert f"local registry in {tmp_path}" in first.stderr
    second = manage("shell", "-v0", "-c", SETTINGS, DATA_DIR=str(tmp_path))
    assert (second.stdout, second.stderr) == (first.stdout, "")


def test_a_folder_without_a_clone_invents_no_key(tmp_path, monkeypatch):
    monkeypatch.setattr(local_environment, "ROOT", tmp_path)
    monkeypatch.setattr(local_environment.os, "environ", {"DATA_DIR": str(tmp_path)})
    local_environment.use_local_environment()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_value_stops_the_start_with_its_name():
    variables = {"PATH": os.environ["PATH"], "TESTING": "1", "DATABASE_URL": "mysql://nowhere/x"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert "DATABASE_URL must begin with sqlite: or postgresql:" in done.stderr


# Every setting reaches the portal, and is written down ------------------------------------------------


def variables() -> set[str]:
    """Every environment variable that settings.py reads."""
    calls = [
        node for node in ast.walk(ast.parse(Path(settings_file.__file__).read_text())) if isinstance(node, ast.Call)
    ]
    reads = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id.startswith("env")]
    return {call.args[0].value for call in reads if isinstance(call.args[0], ast.Constant)} - DEVELOPMENT


def services() -> dict[str, dict]:
    return compose_file(SECRETS)["services"]


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "hooks", "beat"])
def test_compose_passes_every_variable_that_the_settings_read_and_no_other(name):
    passed = services()[name]["environment"].keys() | image()["environment"].keys()
    assert variables() - passed == set()
    assert services()[name]["environment"].keys() - variables() == set()


def spans(page: str, pattern: str) -> set[str]:
    """What stands between backquotes, and the commands of the blocks, as far as it matches."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    commands = {line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()}
    quoted = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    return {span for span in commands | quoted if re.fullmatch(pattern, span)}


@pytest.mark.parametrize("pattern", [r"/\S*", r"(make|docker|manage\.py|python3|\.venv|restore)\b.*", r"[A-Z][A-Z_]+"])
def test_both_readmes_name_the_same_addresses_commands_and_variables(pattern):
    assert spans("README.md", pattern) == spans("README.zh.md", pattern) != set()


def test_both_guides_to_operating_have_the_same_commands():
    indented = r"^(?: {4}| {7})(\S.*?)(?: {2,}#.*)?$"
    english, chinese = (
        re.findall(indented, (ROOT / "docs" / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("OPERATING.md", "OPERATING.zh.md")
    )
    assert english == chinese != []


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_readme_lists_every_variable(page):
    [table] = [part for part in (ROOT / page).read_text(encoding="utf-8").split("\n\n") if "| `SECRET_KEY` |" in part]
    listed = {name for row in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    assert variables() | DEVELOPMENT == listed


def test_the_example_of_env_lists_every_variable_that_compose_reads_and_starts_the_portal():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert listed.keys() == set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert compose_file(listed | SECRETS) == compose_file(SECRETS)


# Secure by default ------------------------------------------------------------------------------------


def production(**more: str) -> dict[str, str]:
    """The environment of the web service, as compose gives it."""
    variables = SECRETS | {"SECRET_KEY": secrets.token_urlsafe(50)} | more
    passed = {name: str(value) for name, value in compose_file(variables)["services"]["web"]["environment"].items()}
    return {"PATH": os.environ["PATH"], **passed}


def check_deploy(variables: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)


def test_what_compose_sets_passes_the_deployment_check(tmp_path):
    done = check_deploy({**production(), "DATA_DIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr


def test_the_deployment_check_tells_of_plain_http_and_of_a_data_folder_that_others_read(tmp_path):
    tmp_path.chmod(0o755)
    done = check_deploy({**production(HTTPS_ONLY="0"), "DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert set(re.findall(r"\((\S+\.W\d+)\)", done.stderr)) == {
        "security.W004", "security.W008", "security.W012", "security.W016", "fengnan.W001",
    }  # fmt: skip
    assert f"chmod 700 {tmp_path}" in done.stderr


@pytest.mark.parametrize("name", services())
def test_no_container_writes_outside_its_volumes_or_gains_a_right(name):
    service = services()[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    needed = {"CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"} if name == "proxy" else set()
    assert set(service.get("cap_add", [])) == needed


def test_images_have_exact_versions():
    used = [service["image"] for service in services().values() if "build" not in service]
    used += re.findall(r"^ARG \w+_IMAGE=(\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(used) == 6
    assert [name for name in used if not re.search(r":\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?$", name)] == []


def test_the_image_has_a_chinese_font():
    assert re.search(r"apt-get install .*fonts-wqy-zenhei", (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_web_and_worker_keep_their_files_in_the_same_volume():
    data = image()["environment"]["DATA_DIR"]
    folders = {
        name: [volume for volume in services()[name]["volumes"] if f":{data}" in volume] for name in ("web", "worker")
    }
    assert folders["web"] == folders["worker"] == [f"data:{data}"]


def test_the_database_of_a_new_registry_is_readable_by_nobody_else(tmp_path):
    variables = {"PATH": os.environ["PATH"], "TESTING": "1", "DATA_DIR": str(tmp_path)}
    code = "from django.db import connection; connection.ensure_connection()"
    subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", code], cwd=ROOT, env=variables, check=True)
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == {"registry.sqlite3": "0o600"}


def test_make_run_keeps_its_data_for_its_account_and_closes_what_was_left_open(tmp_path):
    new, old = tmp_path / "deep" / "new", tmp_path / "old"
    old.mkdir()
    old.chmod(0o755)
    (old / "registry.sqlite3").touch()
    (old / "registry.sqlite3").chmod(0o644)
    for folder in (new, old):
        assert local_environment.environment(folder)["DEMO"] == "1"
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (old / "registry.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_everybody_writes_to_is_not_closed(tmp_path):
    tmp_path.chmod(0o1777)
    local_environment.environment(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


# Passwords with any sign ------------------------------------------------------------------------------

ODD = "a/b#c@d?e:f%41g"


def test_a_password_of_any_signs_is_given_beside_the_address():
    read = settings_file.database("postgresql://registry@db:5432/registry", ODD)
    assert [read[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "registry", ODD, "db", "5432", "registry",
    ]  # fmt: skip
    assert settings_file.mail("smtps://post@mail.example.cn", ODD)["EMAIL_HOST_PASSWORD"] == ODD


@pytest.mark.parametrize("password", ["a/b", "a#b", "a?b", "1/2", "1#2", "1?2"])
def test_a_password_that_breaks_an_address_is_refused_and_says_how_to_write_it(password):
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL cannot be read.*%2F.*DATABASE_PASSWORD"):
        settings_file.database(f"postgresql://registry:{password}@db:5432/registry")
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL cannot be read.*EMAIL_PASSWORD"):
        settings_file.mail(f"smtp://post:{password}@mail.example.cn")


def test_an_empty_variable_is_one_not_set(monkeypatch):
    monkeypatch.setenv("A_SETTING", " ")
    assert settings_file.env_int("A_SETTING", 30) == 30
    assert settings_file.env_choice("A_SETTING", "modern", "dengbao") == "modern"
    assert settings_file.env_bool("A_SETTING", default=True)


def test_the_image_starts_the_server_that_the_tests_start():
    assert image()["command"][1 : len(serve.SERVER) + 1] == serve.SERVER
