"""Every address of the product on one page."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.static import serve

from assessment.views import notices, projects, reviews, standing
from fengnan import api, dashboard, health, maps, search
from registry.views import (
    account,
    accounts,
    builders,
    desk,
    drafts,
    history,
    pages,
    photos,
    plates,
    records,
    remarks,
    signing_in,
    tokens,
)

handler400 = "fengnan.errors.bad_request"
handler404 = "fengnan.errors.page_not_found"
handler500 = "fengnan.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include(api.urlpatterns)),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}, name="media"),  # or the proxy before it
    # Chinese without a prefix, English under /en/
    *i18n_patterns(
        path("", dashboard.dashboard, name="dashboard"),
        path("wall/", dashboard.dashboard, {"wall": True}, name="wall"),
        path("figures/", dashboard.figure_list, name="figures"),
        path("figures/<slug:slug>/", dashboard.figure_page, name="figure"),
        path("map/", maps.map_page, name="map"),
        path("map/data/", maps.map_data, name="map-data"),
        path("map/outline/", maps.map_outline, name="map-outline"),
        path("search/", search.search, name="search"),
        path("accounts/login/", signing_in.SignIn.as_view(), name="login"),
        path("accounts/login/code/", signing_in.code_page, name="login-code"),
        path("accounts/logout/", LogoutView.as_view(), name="logout"),
        path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),  # one way in
        path("admin/password_change/", RedirectView.as_view(pattern_name="account-password")),
        path("admin/", admin.site.urls),
        path("desk/", desk.desk, name="desk"),
        path("desk/account/", account.account, name="account"),
        path("desk/account/password/", account.password, name="account-password"),
        path("desk/account/second-factor/", account.factor, name="account-factor"),
        path("desk/account/second-factor/begin/", account.factor_begin, name="account-factor-begin"),
        path("desk/account/second-factor/codes/", account.factor_codes, name="account-factor-codes"),
        path("desk/account/second-factor/remove/", account.factor_remove, name="account-factor-remove"),
        path("desk/account/sessions/end/", account.end_sessions, name="account-end"),
        path("desk/accounts/", accounts.account_list, name="accounts"),
        path("desk/accounts/add/", accounts.add, name="account-add"),
        path("desk/accounts/<int:pk>/", accounts.change, name="account-change"),
        path("desk/accounts/<int:pk>/switch/", accounts.switch, name="account-switch"),
        path("desk/accounts/<int:pk>/password/", accounts.reset_password, name="account-reset-password"),
        path("desk/accounts/<int:pk>/second-factor/", accounts.reset_factor, name="account-reset-factor"),
        path("desk/accounts/<int:pk>/sessions/end/", accounts.end_sessions, name="account-end-sessions"),
        path("desk/tokens/", tokens.token_list, name="tokens"),
        path("desk/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
        path("desk/points/", desk.sites, name="desk-points"),
        path("desk/points/new/", drafts.start, name="draft-start"),
        path("desk/points/similar/", drafts.similar, name="draft-similar"),
        path("desk/points/<str:code>/edit/", drafts.edit, name="draft-edit"),
        path("desk/points/<str:code>/confirm/", desk.confirm, name="desk-confirm"),
        path("desk/drafts/<uuid:key>/", drafts.draft_page, name="draft"),
        path("desk/drafts/<uuid:key>/check/", drafts.check, name="draft-check"),
        path("desk/drafts/<uuid:key>/confirm/", drafts.confirm, name="draft-confirm"),
        path("desk/drafts/<uuid:key>/overrule/", drafts.overrule, name="draft-overrule"),
        path("desk/drafts/<uuid:key>/discard/", drafts.discard, name="draft-discard"),
        path("desk/drafts/<uuid:key>/photos/add/", photos.add, name="photo-add"),
        path("desk/drafts/<uuid:key>/photos/begin/", photos.begin, name="photo-begin"),
        path("desk/drafts/<uuid:key>/photos/<uuid:upload>/", photos.part, name="photo-part"),
        path("desk/drafts/<uuid:key>/photos/<str:code>/remove/", photos.remove, name="photo-remove"),
        path("desk/drafts/<uuid:key>/<slug:section>/", drafts.section_page, name="draft-section"),
        path("desk/remarks/", remarks.remarks, name="desk-remarks"),
        path("desk/remarks/<str:code>/", remarks.remark, name="desk-remark"),
        path("remarks/new/", remarks.leave, name="remark-new"),
        path("remarks/<str:code>/", remarks.followed, name="remark"),
        path("history/<slug:kind>/<str:code>/", history.history, name="history"),
        path("desk/points/<str:code>/standing/", standing.standing, name="standing"),
        path("desk/reviews/", reviews.queue, name="reviews"),
        path("desk/reviews/pass/", reviews.pass_many, name="review-pass"),
        path("desk/reviews/drafts/<uuid:key>/", reviews.check_draft, name="review-draft"),
        path("desk/reviews/<str:code>/", reviews.review_page, name="review"),
        path("desk/reviews/<str:code>/settle/", standing.settle, name="review-settle"),
        path("desk/reviews/<str:code>/take-off/", notices.take_off, name="notice-take-off"),
        path("desk/rechecks/", standing.rechecks, name="rechecks"),
        path("desk/notices/new/", notices.new, name="notice-new"),
        path("desk/notices/<str:code>/", notices.desk, name="notice-desk"),
        path("desk/notices/<str:code>/run-out/", notices.run_out, name="notice-run-out"),
        path("desk/places/", builders.places, name="desk-places"),
        path("desk/belts/", builders.build_list, {"kind": "belts"}, name="desk-belts"),
        path("desk/belts/new/", builders.build, {"kind": "belts"}, name="desk-belts-new"),
        path("desk/belts/<str:code>/", builders.build, {"kind": "belts"}, name="desk-belts-edit"),
        path("desk/zones/", builders.build_list, {"kind": "zones"}, name="desk-zones"),
        path("desk/zones/new/", builders.build, {"kind": "zones"}, name="desk-zones-new"),
        path("desk/zones/<str:code>/", builders.build, {"kind": "zones"}, name="desk-zones-edit"),
        path("desk/routes/", builders.build_list, {"kind": "routes"}, name="desk-routes"),
        path("desk/routes/new/", builders.build, {"kind": "routes"}, name="desk-routes-new"),
        path("desk/routes/<str:code>/", builders.build, {"kind": "routes"}, name="desk-routes-edit"),
        path("evidence/<str:code>/", photos.evidence, name="evidence"),
        path("points/<str:code>/", pages.point_page),
        path("points/<str:code>/plate/", plates.plate, name="plate"),
        path("points/<str:code>/qr.svg", plates.qr_code, name="qr-code"),
        path("belts/<str:code>/", pages.belt_page),
        path("zones/<str:code>/", pages.zone_page),
        path("townships/<str:code>/", pages.township_page),
        path("consortia/<str:code>/", pages.consortium_page),
        path("routes/<str:code>/", pages.route_page),
        path("projects/<str:code>/", projects.project_page),
        path("notices/<str:code>/", notices.public),
        path("<slug:kind>/", records.record_list, name="records"),
        path("<slug:kind>/<str:code>/", records.record_page, name="record"),
        prefix_default_language=False,
    ),
]
