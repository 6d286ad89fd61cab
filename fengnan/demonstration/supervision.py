"""Findings of supervision of the last weeks: to be demanded, due soon, waiting for the check, and just overdue."""

from collections.abc import Iterator

from assessment.actions.supervision import demand, record_visit, rectify

from .stage import DAQI, TANGFANG, Stage, Story, picture, township_organisation

ISSUER = "区委组织部（示例）"
VISITS = {  # township: days since the visit, and its findings: what was found and demanded, due in so many days
    TANGFANG: (
        25,
        ("党员活动室制度未上墙（示例）", "制度上墙并落实值守（示例）", -4),
        ("组织生活会议记录缺项（示例）", "补齐本季度记录（示例）", -2),
        ("党务公开栏内容陈旧（示例）", "更新公开栏，落实专人（示例）", 6),
    ),
    DAQI: (
        12,
        ("党群服务中心指引标识不清（示例）", "统一制作指引标识（示例）", 3),
        ("流动党员台账未更新（示例）", "逐人核对，更新台账（示例）", 2),
        ("红色驿站值班表未公示（示例）", "", 0),
    ),
}
RECTIFIED = "流动党员台账未更新（示例）"


def stories(stage: Stage) -> Iterator[Story]:
    for township, (days_ago, *lines) in VISITS.items():
        yield _visit(stage, township, days_ago, lines)


def _visit(stage: Stage, township: str, days_ago: int, lines: list[tuple[str, str, int]]) -> Story:
    yield stage.ago(days_ago)
    organisation = township_organisation(township)
    names = [name for name, _text, _due_in in lines]
    findings = record_visit(organisation, names, issuer=ISSUER, by=stage["reviewer"])
    yield stage.ago(days_ago - 1)
    for finding, (_name, text, due_in) in zip(findings, lines, strict=True):
        if text:
            demand(finding, text=text, deadline=stage.ago(-due_in), person="示例责任人", by=stage["reviewer"])
    for finding in findings:
        if finding.finding == RECTIFIED:
            yield stage.ago(1)
            rectify(finding, text="台账已逐人核对更新。（示例）", proof=[picture(3)], by=stage["clerk"])
