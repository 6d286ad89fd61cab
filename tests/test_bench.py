"""The benchmark itself is no test; what it asks must be there."""

import pytest

from bench import addresses
from bench.accounts import make_staff

PAGES = {
    (address.address, address.role)
    for part in (addresses.PAGES, addresses.DESK, addresses.API, addresses.EXPORTS)
    for address in part
    if "{" not in address.address
}


@pytest.mark.parametrize(("address", "role"), sorted(PAGES))
def test_every_address_of_the_benchmark_answers_who_asks_it(address, role, client, sample):
    if role:
        client.force_login(make_staff()[role])
    assert client.get(address).status_code == 200
