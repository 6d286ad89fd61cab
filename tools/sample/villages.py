"""Collective income of every village by year, and the communities' attainment of the standard."""

from .store import Store

REACHING = {2017: 0.58, 2018: 0.71, 2019: 0.84, 2020: 0.93, 2021: 1.0}
COMMUNITIES = 21
PREMIUM = 12


def make_villages(store: Store) -> None:
    villages = [code for code, area in store.areas.items() if area["level"] == "village"]
    order = store.random.sample(villages, len(villages))
    for year, share in REACHING.items():
        reaching = set(order[: round(len(order) * share)])
        for place, code in enumerate(order):
            if code in reaching:
                amount = 50_000 if place % 17 == 0 else 50_000 + 2_500 * (place % 90) * (year - 2015)
            else:
                amount = 12_000 + 1_900 * (place % 20)
            store.add(
                "villages", "registry.collectiveincome", code=f"CI-{code}-{year}", area=[code], year=year,
                amount_yuan=f"{amount}.00", operating_yuan=f"{amount * 0.6:.2f}", illustrative=True,
                source=("土地流转", "厂房租赁", "光伏收益", "服务创收")[place % 4],
                reported_on=f"{year}-12-{1 + place % 25:02d}",
            )  # fmt: skip
    _make_attainment(store)


def _make_attainment(store: Store) -> None:
    """Twelve premium of twenty-one in 2021; fewer before. The base is the article's own, not the list of 2023."""
    codes = ["130207001008"] + [c for c in store.under("130207", "community") if c != "130207001008"]
    for number, code in enumerate(codes[:COMMUNITIES]):
        first = ("2018-12-01", "2019-12-01", "2020-12-01")[number % 3]
        final_grade = "premium" if number < PREMIUM else ("demonstration", "standard")[number % 2]
        verdicts = [(first, number % 4 != 3, "demonstration"), ("2021-06-15", True, final_grade)]
        ends = [verdicts[1][0], None]
        for (since, attained, grade), end in zip(verdicts, ends, strict=True):
            store.add(
                "villages", "registry.communityattainment", code=f"CA-{code}-{since[:4]}", area=[code],
                attained=attained, grade=grade if attained else "", valid_from=since, valid_to=end, illustrative=True,
            )  # fmt: skip
