"""A district starts its own registry in an empty database, and nothing of another one is in it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from registry.actions.start import AreasUnusable, initials, read_areas, short_name
from registry.models import AreaLevel
from tests.processes import ROOT, manage

LIST = """code,name
13,河北省
1302,唐山市
130208,丰润区
130208001,太平路街道
130208001001,幸福道社区居委会
130208100,丰润镇
130208100201,东马庄村委会
130208100202,西马庄村委会
130209,曹妃甸区
"""
SHAPES = {  # a code, and what its list looks like
    "a district": ("130208", LIST),
    "a county-level city": ("130281", "code,name\n13,河北省\n1302,唐山市\n130281,遵化市\n130281001,华明路街道\n"),
    "a district without villages": (
        "310101",
        "code,name\n31,上海市\n3101,市辖区\n310101,黄浦区\n310101002,南京东路街道\n",
    ),
    "a development zone": (
        "130273",
        "code,name\n13,河北省\n1302,唐山市\n130273,唐山高新技术产业开发区\n130273001,街道\n",
    ),
    "a municipality's district": ("110101", "code,name\n11,北京市\n1101,市辖区\n110101,东城区\n110101001,东华门街道\n"),
    "a city without districts": ("441900", "code,name\n44,广东省\n4419,东莞市\n441900,东莞市\n441900003,东城街道\n"),
    "a city of districts": ("1302", LIST),
    "Chinese headings": ("130208", "区划代码,名称\n130208,丰润区\n130208100,丰润镇\n"),
    "without the areas above": ("130208", "code,name\n130208,丰润区\n130208100,丰润镇\n"),
    "levels of its own": ("130208", "code,name,level\n130208,丰润区,district\n130208100,丰润镇,township\n"),
}


def listed(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "areas.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("shape", SHAPES)
def test_the_areas_of_any_district_are_read_with_their_levels(shape, tmp_path):
    code, text = SHAPES[shape]
    areas = {area.code: area for area in read_areas(code, [listed(tmp_path, text)])}
    assert code in areas
    assert all(area.code.startswith(area.parent) for area in areas.values())
    assert {area.level for area in areas.values() if len(area.code) == 9} == {AreaLevel.TOWNSHIP}


def test_villages_and_communities_are_told_apart_and_neighbours_left_out(tmp_path):
    areas = {area.code: area.level for area in read_areas("130208", [listed(tmp_path, LIST, "gb18030")])}
    assert areas["130208001001"] == AreaLevel.COMMUNITY
    assert areas["130208100201"] == AreaLevel.VILLAGE
    assert "130209" not in areas


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\n13020,丰润区\n", "第 2 行"),
        ("编码,村名\n130208,丰润区\n", "代码"),
        ("code,name\n130209,曹妃甸区\n", "130208"),
    ],
    ids=["a code that is none", "no column of codes", "another district"],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_place(text, words, tmp_path):
    with pytest.raises(AreasUnusable, match=words):
        read_areas("130208", [listed(tmp_path, text)])


def test_the_prefix_of_codes_is_made_of_the_name():
    assert [initials(name) for name in ("丰南区", "丰润区", "遵化市", "青龙满族自治县")] == ["FN", "FR", "ZH", "QLMZ"]
    assert short_name("丰南区") == "丰南"


CRAWL = """
import json
from django.test import Client
client = Client(HTTP_HOST="localhost")
answers = {}
for address in json.loads(ADDRESSES):
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answers[address] = [answer.status_code, body.decode("utf-8", "replace")]
print(json.dumps(answers))
"""
ADDRESSES = [
    "/", "/en/", "/wall/", "/figures/", "/figures/points/", "/figures/points/changes/", "/map/", "/lists/", "/points/",
    "/townships/", "/townships/130208100/", "/attention/", "/coverage/", "/coverage/incomes/", "/guarantee/",
    "/api/v1/figures/points/", "/api/v1/figures/belts/",
    "/report/", "/search/?q=fr", "/brand-matrix/", "/points/?format=csv", "/api/v1/", "/api/v1/figures/",
    "/api/v1/areas/", "/api/v1/schema/?format=json", "/accounts/login/",
]  # fmt: skip


def crawled(known: dict[str, str], addresses: list[str]) -> dict[str, list]:
    code = CRAWL.replace("ADDRESSES", repr(json.dumps(addresses)))
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code], cwd=ROOT, env=known, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


STORY = """
from django.test import Client
from django.utils import timezone
from registry.actions.take_overs import open_take_over
from registry.models import Area, Belt, DemonstrationPoint, Role, User
keeper = User.objects.get(username="keeper")
keeper.must_change_password = False
keeper.save()
client = Client(HTTP_HOST="localhost")
client.force_login(keeper)
assert client.post("/desk/setup/accounts/").status_code == 200
assert set(User.objects.values_list("role", flat=True)) >= {Role.CLERK, Role.HEAD, Role.REVIEWER}
district = Area.objects.unscoped("test").get(code="130208")
open_take_over(district, ends_on=timezone.localdate(), reason="历史台账补录", by=keeper)
"""
LEDGER = "所属乡镇,所属村,示范点名称,党组织名称,所属领域,示范点级别,等次,党组织书记,命名时间,命名文号\n" + "".join(
    f"丰润镇,东马庄,东马庄第{number}示范点,东马庄第{number}党支部,农村,区级,精品,示例书记,2024-05-01,示例〔2024〕1号\n"
    for number in range(1, 13)
)
BELT = (
    "示范带名称,级别,途经乡镇,包含示范点,状态,建成时间\n示例沿河示范带,区级,丰润镇,{points},建成,2025-05-01\n".format(
        points="、".join(f"东马庄第{number}示范点" for number in range(1, 7))
    )
)


def sheet(tmp_path: Path, name: str, text: str) -> str:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.processes
def test_a_neighbour_starts_its_registry_and_finds_nothing_of_fengnan(tmp_path):
    known = {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"],
        "DEBUG": "1", "SECOND_FACTOR": "offered",
    }  # fmt: skip
    manage(known, "migrate", "-v0")
    empty = crawled(known, ["/", "/points/", "/map/", "/api/v1/figures/", "/readyz"])
    assert [status for status, _body in empty.values()] == [200, 200, 200, 503, 503]
    assert "正在启用" in empty["/"][1]
    manage(known, "start_district", "130208", "--areas", str(listed(tmp_path, LIST)), "--admin", "keeper")
    manage(known, "shell", "-v0", "-c", STORY)
    manage(known, "load", sheet(tmp_path, "台账.csv", LEDGER), "--kind", "point", "--as", "keeper")
    manage(known, "load", sheet(tmp_path, "示范带.csv", BELT), "--kind", "belt", "--as", "keeper")
    manage(known, "backup", str(tmp_path / "backup"))
    again = known | {"DATA_DIR": str(tmp_path / "another")}
    [copy] = [file.parent for file in (tmp_path / "backup").rglob("manifest.json")]
    manage(again, "restore", str(copy))
    records = [
        "/points/FR-0001/",
        "/points/FR-0001/plate/",
        "/history/points/FR-0001/",
        "/belts/B-01/",
        "/report/2024/",
    ]
    answers = crawled(again, [*ADDRESSES, *records, "/readyz"])
    values = {slug: json.loads(answers[f"/api/v1/figures/{slug}/"][1])["value"] for slug in ("points", "belts")}
    assert values == {"points": 12, "belts": 1}
    assert {address for address, (status, _body) in answers.items() if status != 200} == set()
    foreign = re.compile("丰南|130207|FN-|Fengnan|为演示编写")
    assert {
        address: foreign.findall(body) for address, (_status, body) in answers.items() if foreign.search(body)
    } == {}
    assert "丰润区党建示范创建台账" in answers["/"][1]


CITY = """code,name
13,河北省
1302,唐山市
130208,丰润区
130208100,丰润镇
130208100201,东马庄村委会
130281,遵化市
130281001,华明路街道
130281100,丰润镇
130281100201,西关村委会
"""
CITY_STORY = """
import json
from django.test import Client
from django.utils import timezone
from registry.actions.accounts import add_account, areas_below
from registry.models import Area, User
from registry.actions.take_overs import open_take_over
keeper = User.objects.get(username="keeper")
assert {"1302", "130208", "130281", "130281100"} <= set(areas_below(keeper).values_list("code", flat=True))
add_account("zunhua", display_name="镇经办人", role="clerk", area="130281100", by=keeper)
city = Area.objects.unscoped("test").get(code="1302")
open_take_over(city, ends_on=timezone.localdate(), reason="历史台账补录", by=keeper)
"""
CITY_LEDGER = (
    "所属区县,所属乡镇,所属村,示范点名称,党组织名称,所属领域,示范点级别,等次,党组织书记,命名时间,命名文号\n"
    "遵化市,丰润镇,西关,西关村示范点,西关村党支部,农村,市级,精品,示例书记,2024-05-01,示例〔2024〕1号\n"
    ",丰润区丰润镇,东马庄,东马庄村示范点,东马庄村党支部,农村,市级,示范,示例书记,2024-05-01,示例〔2024〕1号\n"
)


@pytest.mark.processes
def test_a_city_compares_its_districts_and_loads_their_townships(tmp_path):
    known = {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"],
        "DEBUG": "1", "SECOND_FACTOR": "offered", "DISTRICT_AREA": "1302",
    }  # fmt: skip
    manage(known, "migrate", "-v0")
    manage(known, "start_district", "1302", "--areas", str(listed(tmp_path, CITY)), "--admin", "keeper")
    manage(known, "shell", "-v0", "-c", CITY_STORY)
    manage(known, "load", sheet(tmp_path, "台账.csv", CITY_LEDGER), "--kind", "point", "--as", "keeper")
    by_district = "/api/v1/figures/points/?by=township"
    pages = [address.replace("/townships/130208100/", "/townships/130281100/") for address in ADDRESSES]
    answers = crawled(known, [*pages, by_district, f"{by_district}&area=130281", "/townships/?area=130281"])
    assert {address for address, (status, _body) in answers.items() if status != 200} == set()
    parts = [json.loads(answers[address][1])["by"] for address in (by_district, f"{by_district}&area=130281")]
    assert [{part["key"]: part["value"] for part in one} for one in parts] == [
        {"130208": 1, "130281": 1}, {"130281100": 1},
    ]  # fmt: skip
    for page in ("/", "/map/", "/townships/", "/wall/"):
        assert "遵化市" in answers[page][1], page
    assert "华明路街道" in answers["/townships/?area=130281"][1]


@pytest.mark.processes
def test_without_demonstration_an_empty_registry_gets_an_account_and_nothing_of_the_sample(tmp_path):
    known = {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"],
        "DEBUG": "1", "SECOND_FACTOR": "offered",
    }  # fmt: skip
    manage(known, "migrate", "-v0")
    for _start in range(2):
        manage(known, "first_account", "--if-none")
    code = CRAWL.replace('Client(HTTP_HOST="localhost")', "signed_in()").replace("ADDRESSES", repr('["/desk/setup/"]'))
    script = """
from django.test import Client
from registry.models import Area, User
def signed_in():
    [account] = User.objects.all()
    assert account.must_change_password and not Area.objects.unscoped("test").exists()
    account.must_change_password = False
    account.save()
    client = Client(HTTP_HOST="localhost")
    client.force_login(account)
    return client
"""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script + code], cwd=ROOT, env=known, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [(status, body)] = json.loads(done.stdout.splitlines()[-1]).values()
    assert (status, "130208" in body) == (200, True)
