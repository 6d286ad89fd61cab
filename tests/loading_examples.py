"""A good row of each kind of load, with what it adds to, how it may change, and how it is told from its neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from assessment.models import ItemScore, Review, ReviewScore, Standard, SupervisionFinding
from registry.access.scope import Scope
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.models import (
    Area,
    Booking,
    CalendarDay,
    CollectiveIncome,
    CommunityAttainment,
    DemonstrationPoint,
    ExternalResult,
    SiteCapacity,
    TeachingSite,
    Term,
    Unit,
)
from registry.overviews.capacity import balance
from tests.factories import make_period, make_point

TANGFANG = "130207108"
Measure = Callable[[Scope], Any]


def figure(slug: str, day: date | None = None) -> Measure:
    return lambda scope: FIGURES[slug].answer(scope.at(day) if day else scope).part


def listed(slug: str) -> Measure:
    return lambda scope: KINDS[slug].on(scope).count()


@dataclass(frozen=True)
class Example:
    """`row` is new and moves what `measure` reads by `adds`; `change` is what then changes. `vary` is the heading by
    which rows are different records; None where a file cannot hold two. `by` is who may send it."""

    row: dict[str, str]
    change: dict[str, str]
    measure: Measure
    adds: Any = 1
    vary: str | None = None
    before: Callable[[], Any] = lambda: None
    first: str = "new"
    by: str = "administrator"

    def rows(self, number: int) -> list[dict[str, str]]:
        """So many different rows."""
        value = self.row[self.vary]
        return [
            {**self.row, self.vary: str(int(value) - 10 - index) if value.isdigit() else f"{value}{index}"}
            for index in range(number)
        ]


def open_review() -> Review:
    """A site that stands before the district, with a line for each item."""
    point = make_point(name="待评审示范点", code="T-REVIEW")
    make_period(point, date(2026, 1, 1), status="checked", document_no="")
    standard = Standard.objects.unscoped("test").get()
    review = Review.objects.create(code="RV-T", point=point, standard=standard, opened_on=date(2026, 1, 2))
    items = standard.items.unscoped("test")
    ReviewScore.objects.bulk_create(ReviewScore(review=review, item=item) for item in items)
    return review


COMING = timezone.localdate() + timedelta(days=40)


def open_site() -> TeachingSite:
    """A site in Tangfang that takes a hundred people a month, and has been asked for by a group."""
    point = DemonstrationPoint.objects.public().get(name="孔家庄村党建示范点")
    site = TeachingSite.objects.create(
        code="TS-T", name="唐坊示例教学点", level="district", area=point.area, point=point, named_on=date(2020, 1, 1)
    )
    SiteCapacity.objects.create(code="CAP-T", site=site, people=100, valid_from=date(2021, 1, 1))
    Booking.objects.create(code="BK-T", site=site, booked_for=COMING, visitor="先来的单位", headcount=20)
    return site


EXAMPLES = {
    "calendar-day": Example(
        {"日历日期": "2026-10-01", "当日是否上班": "否", "节日或事由": "国庆节"}, {"节日或事由": "国庆"},
        lambda scope: CalendarDay.objects.public().count(), vary=None,
    ),
    "unit": Example(
        {"单位全称": "示例钢铁有限公司", "单位类别": "企业", "所属行业": "钢铁", "所属乡镇(街道)": "唐坊镇"},
        {"所属行业": "能源"}, lambda scope: Unit.objects.public().in_area(TANGFANG).count(), vary="单位全称",
    ),
    "community": Example(
        {
            "所属乡镇(街道)": "青年路街道", "社区名称": "130207001001", "认定时间": "2021-12-20", "是否达标": "是",
            "等次": "精品",
        },
        {"等次": "达标"},
        lambda scope: CommunityAttainment.objects.public().in_area("130207001001").count(), vary=None,
    ),
    "external-result": Example(
        {
            "考核事项": "示例考核", "发布单位": "示例市委", "排名范围": "全市", "年度": "2021", "位次": "2",
            "公布时间": "2021-12-01",
        },
        {"位次": "3"}, lambda scope: ExternalResult.objects.public().announced(scope.as_of).count(), vary="考核事项",
    ),
    "term": Example(
        {"所属清单": "六位一体", "清单顺序": "9", "条目名称": "示例条目", "列入清单时间": "2020-01-01"},
        {"清单顺序": "8"},
        lambda scope: Term.objects.public().of("six_in_one_governance", scope.as_of).count(), vary="条目名称",
    ),
    "organisation": Example(
        {
            "序号": "1", "党组织名称": "唐坊桥村第二党支部", "党组织类型": "党支部", "所属乡镇": "唐坊镇",
            "所属村": "唐坊桥",
            "所属领域": "农村", "上级党组织": "唐坊镇党委", "书记": "示例书记", "党员人数": "36人", "其中女党员": "12",
            "成立时间": "2019-07-01", "是否一肩挑": "√", "联系电话": "13800005678",
        },
        {"党员人数": "37"}, figure("township-organisations"), vary="党组织名称",
    ),
    "area": Example(
        {"区划代码": "130207108298", "区划名称": "示例新村村委会", "区划类别": "村", "设立日期": "2020-05-01"},
        {"区划名称": "示例新建村村委会"},
        lambda scope: Area.objects.public().villages(scope.as_of).count(), vary="区划代码",
    ),
    "belt": Example(
        {
            "示范带名称": "示例沿河示范带", "示范带类型": "乡村振兴", "级别": "市级", "起点": "唐坊镇",
            "途经乡镇": "唐坊镇、胥各庄镇",
            "示范点数量(校验用)": "2", "包含示范点": "孔家庄村党建示范点、FN-0006", "状态": "建成",
            "建成时间": "2020-05-01",
            "责任单位": "唐坊镇党委",
        },
        {"起点": "胥各庄镇"}, figure("belts"), vary="示范带名称",
    ),
    "zone": Example(
        {
            "片区名称": "示例综合片区", "片区类型": "综合", "级别": "区级", "所属乡镇": "唐坊镇",
            "包含示范点": "孔家庄村党建示范点",
            "包含示范带": "B-02", "状态": "建成", "建成时间": "2020-05-01",
        },
        {"级别": "市级"}, figure("zones"), vary="片区名称",
    ),
    "whole-area": Example(
        {
            "乡镇(街道)": "唐坊镇", "级别": "市级", "批次": "1", "阶段": "创建单位", "列入时间": "2021-03-01",
            "主题示范区": "Z-MANZU",
        },
        {"级别": "省级"}, figure("whole-area-townships"),
    ),
    "income": Example(
        {
            "乡镇": "唐坊镇", "村名": "唐坊桥村", "村代码": "130207108201", "年度": "2022", "集体经济年收入(万元)": "5",
            "其中经营性收入(万元)": "3", "是否达5万元(校验用)": "是", "主要来源": "土地流转", "填报日期": "2022-12-20",
        },
        {"集体经济年收入(万元)": "6.5"},
        lambda scope: CollectiveIncome.objects.public().reaching_threshold(2022, date.today()).count(), vary="年度",
    ),
    "consortium": Example(
        {
            "联合体名称": "示例联合体", "牵头单位": "唐坊镇党委", "所属乡镇": "唐坊镇", "类型": "以城带乡",
            "示范村": "唐坊桥村",
            "带动村": "挡水埝、莲花泊村委会", "四联内容": "支部联建、资源联享", "成立时间": "2020-03-01",
        },
        {"类型": "以强带弱"}, figure("consortia"), vary="联合体名称",
    ),
    "brand": Example(
        {
            "品牌名称": "示例先锋", "所属领域": "农村", "党组织": "唐坊镇党委", "口号": "示例口号",
            "创建时间": "2020-07-01",
        },
        {"口号": "新口号"}, figure("brands"), vary="品牌名称",
    ),
    "red-district": Example(
        {
            "名称": "测试商圈", "所属街道": "青年路街道", "党组织": "青年路街道党工委", "服务咨询": "√",
            "读书学习": "√",
            "建成时间": "2020-07-01",
        },
        {"运动健身": "√"}, figure("red-districts"), vary="名称",
    ),
    "fund": Example(
        {
            "年度": "2021", "资金类别": "创建资金", "来源级别": "乡", "金额(万元)": "12.5", "用途": "示例阵地建设",
            "到位时间": "2021-06-01", "所属乡镇": "唐坊镇",
        },
        {"金额(万元)": "13"}, figure("creation-funds"), adds=125_000, vary="用途",
    ),
    "wage-rule": Example(
        {"年度": "2021", "职务情形": "一肩挑", "高于比例(%)": "12"}, {"高于比例(%)": "13%"},
        figure("wage-uplift-combined"), adds=2,
    ),
    "special-action": Example(
        {
            "行动名称": "示例行动", "类别": "专项行动", "行动要素": "强组织、强队伍、强发展", "适用领域": "农村",
            "启动时间": "2021-03-01",
        },
        {"行动要素": "强组织、强队伍、强发展、强治理"}, listed("special-actions"), vary="行动名称",
    ),
    "attachment": Example(
        {
            "专项行动": "三提一创", "行动要素": "组织提力", "记录类别": "荣誉", "记录编号": "H-006",
            "纳入时间": "2021-04-01",
        },
        {"纳入时间": "2021-05-01"}, listed("attachments"), vary=None,
    ),
    "election": Example(
        {
            "乡镇": "唐坊镇", "村名": "唐坊桥村", "年度": "2018", "届次": "示例届次", "换届日期": "2018-04-01",
            "换届结果": "完成", "是否一肩挑": "是",
        },
        {"是否一肩挑": "否"}, listed("elections"), vary="年度",
    ),
    "policy-document": Example(
        {
            "文号": "丰组字[2021]示例1号", "文件标题": "示例文件", "发文机关": "区委组织部(示例)", "级别": "区级",
            "发文日期": "2021-03-01", "生效日期": "2021-03-01",
        },
        {"内容摘要": "示例摘要"}, listed("policy-documents"), vary=None,
    ),
    "honour": Example(
        {
            "荣誉名称": "河北省先进基层党组织", "级别": "省级", "授予单位": "示例单位", "授予时间": "2021-06-28",
            "获得对象类型": "党组织", "获得对象": "唐坊镇党委", "统计口径": "advanced_grassroots",
        },
        {"授予单位": "另一示例单位"}, figure("honours-provincial-municipal"), vary="荣誉名称",
    ),
    "donation": Example(
        {
            "捐赠单位": "纵横钢铁", "日期": "2021-05-01", "类别": "资金", "金额(万元)": "100", "受赠方": "丰南区",
            "事由": "示例捐款",
        },
        {"事由": "另一事由"}, figure("donations-cash"), adds=1_000_000, vary="金额(万元)",
    ),
    "teaching-site": Example(
        {
            "名称": "示例教学点", "级别": "省级", "对象类型": "点", "对象": "孔家庄村党建示范点",
            "命名时间": "2020-01-01",
            "容纳人数": "50人",
        },
        {"容纳人数": "60"}, figure("teaching-sites"), vary="名称",
    ),
    "route": Example(
        {
            "线路名称": "示例线路", "主题": "乡村振兴", "站点": "孔家庄村党建示范点—B-02—正元管业", "时长(小时)": "3.5",
            "适合人数": "40", "开放时间": "2020-01-01",
        },
        {"站点": "孔家庄村党建示范点—B-02—正元管业—FN-0001"}, figure("routes"), vary="线路名称",
    ),
    "visit": Example(
        {
            "日期": "2021-06-01", "接待地点": "孔家庄村党建示范点", "来访单位": "示例来访单位", "人次": "30人次",
            "级别": "市",
            "内容": "观摩学习", "接待人": "示例人员",
        },
        {"内容": "参观"}, figure("visits"), adds=30, vary="来访单位",
    ),
    "event": Example(
        {"会议名称": "示例观摩会议", "级别": "市级", "日期": "2021-06-01", "承接地点": "唐坊镇", "人数": "80"},
        {"人数": "90"}, figure("hosted-events"), vary="会议名称",
    ),
    "project": Example(
        {
            "项目名称": "示例书记项目", "党组织名称": "唐坊镇党委", "责任人(书记)": "示例书记", "职务": "书记",
            "联系电话": "13800005678", "拟破解难题": "1.党员教育不足\n2.阵地老旧", "主要举措": "示例举措",
            "立项时间": "2021-02-20", "完成时限": "2021-12-15", "建账(任务)": "年初建账",
            "查账(进度)": "2021-06-18 完成35%,分段查账", "已解决问题数": "0", "是否销号": "否",
        },
        {"查账(进度)": "2021-06-18 完成45%,分段查账"}, figure("projects"), vary="项目名称",
    ),
    "supervision": Example(
        {
            "督导日期": "2021-06-01", "督导单位": "区委组织部", "被督导党组织": "唐坊镇党委", "发现问题": "记录不全",
            "整改要求": "补齐记录", "整改时限": "2021-07-01", "整改责任人": "示例人员", "是否完成": "否",
        },
        {"是否完成": "是", "复查日期": "2021-07-02"},
        lambda scope: SupervisionFinding.objects.unscoped("test").in_area(scope.area).count(), vary="发现问题",
    ),
    "accountability": Example(
        {"日期": "2021-06-01", "类别": "约谈", "党组织": "唐坊镇党委", "姓名": "示例人员甲", "事由": "示例"},
        {"事由": "另一事由"}, figure("interviews"), vary="姓名",
    ),
    "review-score": Example(
        {
            "示范点": "待评审示范点", "评审环节": "评审", "标准版本": "示范点建设10条标准(示例)", "条目": "政治引领强",
            "标准分": "10", "自评分": "10", "乡镇评分": "9", "区级得分": "8.5", "扣分原因": "缺一次记录",
            "评审人": "示例评审",
            "日期": "2026-02-01",
        },
        {"区级得分": "9"},
        lambda scope: ReviewScore.objects.filter(review__code="RV-T").aggregate(all=Sum("district_score"))["all"] or 0,
        adds=8.5, vary=None, before=open_review, first="changed",
    ),
    "scheme-score": Example(
        {
            "考核方案": "SC-2021-01", "被考核单位": "唐坊镇", "考核指标": "一镇一特色工作", "分值": "20",
            "自评分": "0.5",
        },
        {"自评分": "1.5"},
        lambda scope: ItemScore.objects.filter(item__name="一镇一特色工作", result__area="130207108").aggregate(
            all=Sum("self_score")
        )["all"],
        adds=None, first="changed", by="clerk_tangfang",
    ),
    "booking": Example(
        {
            "教学点": "唐坊示例教学点", "预约日期": COMING.isoformat(), "来访单位": "示例来访单位", "预约人数": "30人",
            "主题": "党建观摩", "联系人": "示例联系人", "联系电话": "13800005678",
        },
        {"预约人数": "35"},
        lambda scope: Booking.objects.unscoped("test").filter(site__code="TS-T").aggregate(all=Sum("headcount"))["all"],
        adds=30, vary="来访单位", before=open_site,
    ),
    "site-capacity": Example(
        {"教学点": "瑞丰公司", "每月接待人次": "200", "起始日期": "20210131"}, {"每月接待人次": "220人次"},
        lambda scope: balance(TeachingSite.objects.public().filter(code="TS-03"), scope.as_of, 1)[0].capacity or 0,
        adds=200, vary="起始日期",
    ),
}  # fmt: skip
