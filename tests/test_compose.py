"""The portal in production, as docker-compose.yml starts it: every service a real process, TLS at the proxy."""

import base64
import csv
import io
import os
import re
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from django_otp.oath import TOTP

from fengnan.report.pdf import FontMissing, font_file
from tests.compose import Stack
from tests.conftest import DISTRICT, TANGFANG
from tests.factories import PHOTO
from tests.processes import ROOT, eventually, static_files
from tools import sample_database, servers

nginx = shutil.which("nginx")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not (nginx and shutil.which("openssl") and servers.postgres_programs() and servers.redis_program()),
        reason="PostgreSQL, Redis, nginx or openssl is not installed",
    ),
]
HOST, PASSWORD = "registry.example.cn", "a long enough password"
DATABASE_PASSWORD = "a/b#c@d?e:f%41g&h"
LEDGER = "乡镇,村名,年度,集体经济年收入(万元)\n唐坊镇,孔家庄,2025,8.6\n"
PREPARE = f"""
from registry.models import Job, User
for name, role, area in (("clerk", "clerk", {TANGFANG!r}), ("admin", "admin", {DISTRICT!r})):
    User.objects.create_user(name, password={PASSWORD!r}, role=role, read_prefix=area, write_prefix=area)
print(Job.objects.create(kind="reindex").pk)
"""
NGINX = """
daemon off; pid {root}/run/nginx.pid; error_log stderr; {user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {root}/var/cache/nginx/client; proxy_temp_path {root}/var/cache/nginx/proxy;
    fastcgi_temp_path {root}/var/cache/nginx/fastcgi; uwsgi_temp_path {root}/var/cache/nginx/uwsgi;
    scgi_temp_path {root}/var/cache/nginx/scgi;
    include {root}/etc/nginx/conf.d/*.conf;
}}
"""  # what the image of nginx has around the files that compose mounts


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """All services, started in the order of the file; a job waits in the database that nobody told the queue of."""
    folder = tmp_path_factory.mktemp("compose")
    with ExitStack() as on_exit:
        server = on_exit.enter_context(servers.postgres())
        queue = on_exit.enter_context(servers.redis())
        variables = {
            "SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": DATABASE_PASSWORD, "ALLOWED_HOSTS": HOST,
            "TLS_DIR": str(certificate(folder / "tls")),
        }  # fmt: skip
        addresses = {"db": server.split("@")[1].partition("/")[0], "redis": queue.split("/")[2]}
        portal = Stack(folder, variables, static_files(), addresses)
        on_exit.callback(portal.stop)
        with_password(server)
        portal.container("migrate").finish()
        web = portal.start("web")
        shell = [sys.executable, str(ROOT / "manage.py"), "shell", "-v0", "-c", PREPARE]
        done = subprocess.run(shell, env=web.environment(), check=True, capture_output=True, text=True)
        portal.unannounced = done.stdout.split()[-1]
        for name in ("worker", "hooks", "beat"):
            portal.start(name)
        eventually(web.is_healthy)
        start_proxy(portal)
        yield portal


def certificate(folder: Path) -> Path:
    folder.mkdir()
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def with_password(server: str) -> None:
    """The database of the compose file, with the sample data; it asks every connection for the password from now on."""
    sample_database.run_sql(server, f"CREATE DATABASE registry TEMPLATE {sample_database.TEMPLATE}")
    sample_database.run_sql(server, f"ALTER ROLE registry PASSWORD '{DATABASE_PASSWORD}'")
    with psycopg.connect(server, autocommit=True) as connection:
        rules = Path(connection.execute("SHOW hba_file").fetchone()[0])
        rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")


def start_proxy(portal: Stack) -> None:
    proxy = portal.container("proxy")
    main = portal.folder / "nginx.conf"
    user = "user nobody nogroup;" if os.getuid() == 0 else ""
    main.write_text(NGINX.format(root=proxy.root, user=user))
    proxy.start([nginx, "-e", "stderr", "-c", str(main)])

    def listens() -> bool:
        assert proxy.process.poll() is None, proxy.log()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(portal.port("proxy", "8080")))) == 0

    eventually(listens)


class ToProxy(httpx.HTTPTransport):
    """Finds the portal's name at this machine's own address, and trusts its certificate alone."""

    def __init__(self, portal: Stack):
        super().__init__(verify=ssl.create_default_context(cafile=portal.folder / "tls" / "certificate.pem"))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        request.extensions["sni_hostname"] = url.host
        request.url = url.copy_with(host="127.0.0.1")
        try:
            return super().handle_request(request)
        finally:
            request.url = url


def visitor(portal: Stack, **headers: str) -> httpx.Client:
    """A browser at the portal's https address, closed with the portal."""
    site = f"https://{HOST}:{portal.port('proxy', '8443')}"
    browser = httpx.Client(
        base_url=site, transport=ToProxy(portal), headers={"Referer": f"{site}/", **headers}, timeout=30
    )
    portal.on_stop.append(browser.close)
    return browser


def post(browser: httpx.Client, address: str, values: dict | None = None, **more) -> httpx.Response:
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    return browser.post(address, data={**(values or {}), **token}, **more)


def signed_in(portal: Stack, name: str, **headers: str) -> httpx.Client:
    """A browser in which the password was right."""
    browser = visitor(portal, **headers)
    browser.get("/accounts/login/")
    answer = post(browser, "/accounts/login/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser


def code_of(secret: str, later: int = 0) -> str:
    """What an authenticator shows that was given `secret`, so many steps of thirty seconds from now."""
    totp = TOTP(base64.b32decode(secret))
    totp.time = time.time() + 30 * later
    return f"{totp.token():06}"


@pytest.fixture(scope="module")
def clerk(stack) -> httpx.Client:
    """A clerk whose browser claims to come from elsewhere, without TLS."""
    return signed_in(stack, "clerk", **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})


@pytest.fixture(scope="module")
def admin(stack) -> httpx.Client:
    """An administrator, who sets up the second factor that is asked for, signs out, and signs in with a code."""
    browser = signed_in(stack, "admin")
    factor = browser.get("/desk/").headers["Location"]
    assert factor.startswith("/desk/account/second-factor/")
    browser.get(factor)
    post(browser, "/desk/account/second-factor/begin/")
    secret = re.search(r'<code class="secret">([^<]+)<', browser.get(factor).text)[1].replace(" ", "")
    post(browser, factor, {"code": code_of(secret, later=-1)})
    browser = signed_in(stack, "admin")
    assert browser.get("/desk/").status_code == 302
    post(browser, "/accounts/login/code/", {"code": code_of(secret)})
    assert browser.get("/desk/").status_code == 200
    return browser


def test_who_comes_without_tls_is_led_to_it_and_told_to_stay(stack):
    plain = f"127.0.0.1:{stack.port('proxy', '8080')}"
    led = httpx.get(f"http://{plain}/points/?page=2", headers={"Host": HOST})
    assert (led.status_code, led.headers["Location"]) == (301, f"https://{HOST}/points/?page=2")
    assert "max-age=31536000" in visitor(stack).get("/").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(("mode", "status"), [("gateway", 200), ("plain", 301)])
def test_only_behind_a_gateway_is_a_request_believed_that_it_came_by_tls(mode, status, stack, tmp_path):
    web = f"127.0.0.1:{stack.port('web', '8000')}"
    other = Stack(tmp_path, stack.variables | {"PROXY_MODE": mode}, stack.static, {**stack.addresses, "web": web})
    try:
        start_proxy(other)
        address = f"http://127.0.0.1:{other.port('proxy', '8080')}/accounts/login/"
        assert httpx.get(address, headers={"Host": HOST, "X-Forwarded-Proto": "https"}).status_code == status
    finally:
        other.stop()


def test_a_host_that_is_not_ours_is_refused(stack):
    assert visitor(stack, Host="evil.example").get("/").status_code == 400


def test_cookies_go_over_tls_only(clerk):
    cookies = {cookie.name: cookie.secure for cookie in clerk.cookies.jar}
    assert cookies.keys() >= {"sessionid", "csrftoken"} and all(cookies.values()), cookies


def test_a_visitor_cannot_say_where_it_comes_from(stack, clerk):
    assert set(rows_of(stack, "SELECT host(ip_address) FROM axes_accesslog")) == {("127.0.0.1",)}


def rows_of(portal: Stack, statement: str) -> list[tuple]:
    url = f"postgresql://registry:{quote(DATABASE_PASSWORD, safe='')}@{portal.addresses['db']}/registry"
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_a_photo_is_there_after_its_container_is_gone(stack, clerk):
    page = clerk.get("/desk/points/new/").text
    place = re.search(rf'value="({TANGFANG}\d\d\d)"', page)[1]
    draft = post(clerk, "/desk/points/new/", {"place": place, "key": str(uuid.uuid4())}).headers["Location"]
    post(clerk, f"{draft}photos/add/", files={"photos": ("a.jpg", PHOTO, "image/jpeg")})
    photo = re.search(r'src="(/evidence/[^"]+)"', clerk.get(f"{draft}photos/").text)[1]
    answer = clerk.get(photo)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    files = [file for file in stack.volumes["data"].rglob("*") if file.is_file()]
    assert files and not any(file.stat().st_mode & 0o077 for file in files)
    stack.replace("web")
    assert clerk.get(photo).content == answer.content


def test_a_file_that_the_web_took_in_is_read_applied_and_exported(stack, admin):
    admin.get("/desk/loads/new/")
    file = {"file": ("收入.csv", LEDGER.encode(), "text/csv")}
    load = post(admin, "/desk/loads/new/", {"key": str(uuid.uuid4()), "kind": "income"}, files=file).headers["Location"]
    key = load.rstrip("/").rpartition("/")[2]

    def is_now(state: str) -> bool:
        load = admin.get(f"/api/v1/loads/{key}/").json()
        assert load["state"] in {"reading", "ready", "applying", "applied"}, load
        return load["state"] == state

    eventually(lambda: is_now("ready"), seconds=20)
    post(admin, f"{load}apply/")
    eventually(lambda: is_now("applied"), seconds=20)
    exported = admin.get("/api/v1/incomes/?format=csv&search=孔家庄").text
    assert {"孔家庄村委会", "2025"} < {cell for row in csv.reader(io.StringIO(exported)) for cell in row}, exported


def test_the_year_report_is_a_pdf(stack, admin):
    try:
        font_file()
    except FontMissing:
        pytest.skip("no Chinese font on this machine")
    answer = admin.get("/report/2021.pdf")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


def test_a_job_that_nobody_told_the_queue_of_is_found_by_beat_and_done_by_the_worker(stack):
    statement = f"SELECT state FROM registry_job WHERE id = {stack.unannounced}"
    eventually(lambda: rows_of(stack, statement) == [("done",)], seconds=45)


def test_no_service_writes_outside_its_volumes_and_what_is_kept_in_memory(stack):
    assert {name: container.written() for name, container in stack.containers.items() if container.written()} == {}
