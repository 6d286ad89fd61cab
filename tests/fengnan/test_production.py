"""What production asks of a request before any page sees it: health checks by address, a host of ours, TLS."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def production(settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["registry.example.cn"], True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 3600


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_who_asks_for_health_is_answered_under_any_host_and_without_tls(address, production, client):
    assert client.get(address, headers={"host": "127.0.0.1:8000"}).status_code == 200


def test_a_page_is_answered_under_our_host_only(production, client):
    assert client.get("/", headers={"host": "127.0.0.1:8000", "x-forwarded-proto": "https"}).status_code == 400


def test_without_tls_everything_is_led_to_it(production, client):
    answer = client.get("/points/?page=2", headers={"host": "registry.example.cn"})
    assert (answer.status_code, answer["Location"]) == (301, "https://registry.example.cn/points/?page=2")


def test_where_the_address_of_the_site_is_set_its_port_holds(production, client, settings):
    settings.SECURE_SSL_HOST = "registry.example.cn:8443"
    answer = client.get("/points/", headers={"host": "registry.example.cn:8080"})
    assert answer["Location"] == "https://registry.example.cn:8443/points/"


def test_under_tls_the_browser_is_told_to_stay(production, sample, client):
    answer = client.get("/", headers={"host": "registry.example.cn", "x-forwarded-proto": "https"})
    assert (answer.status_code, answer["Strict-Transport-Security"]) == (200, "max-age=3600")
