from pathlib import Path

from .areas import make_areas
from .exchange import make_exchange
from .groupings import make_belts, make_zones
from .honours import make_honours
from .lists import make_lists
from .organisations import make_organisations
from .points import make_points
from .policy import make_policy
from .projects import make_projects
from .schemes import make_schemes
from .store import Store
from .supervision import make_supervision
from .villages import make_villages
from .years import make_years

FOLDER = Path(__file__).resolve().parents[2] / "fixtures"


def make(folder: Path = FOLDER) -> Store:
    store = Store(folder)
    for step in (
        make_lists, make_areas, make_organisations, make_points, make_belts, make_zones, make_villages, make_honours,
        make_exchange, make_projects, make_supervision, make_schemes, make_years,
        make_policy,
    ):  # fmt: skip
        step(store)
    return store


if __name__ == "__main__":
    print(make().write(FOLDER))
