"""Addresses behind sign-in, below `/<language>/desk/`.

The words of rooms come first and are reserved; what belongs to one provider stands below `p/<slug>/`.
"""

from django.urls import URLPattern, URLResolver, include, path

from portal.desk import figures, still_right, views
from portal.desk.editing import deeds
from portal.desk.editing import views as editing
from portal.desk.joining import views as joining
from portal.desk.people import views as people

#: One page of a provider: `page`, `activities` or `places`, and its number.
page = [
    path("", editing.listing, name="desk-listing"),
    path("preview/", editing.preview, name="desk-preview"),
    path("preview/page/", editing.preview_page, name="desk-preview-page"),
    path("take-back/", editing.take_back, name="desk-take-back"),
    path("discard/", editing.discard, name="desk-discard"),
    path("break/", deeds.take_break, name="desk-break"),
    path("come-back/", deeds.come_back, name="desk-come-back"),
    path("close/", deeds.close, name="desk-close"),
    path("reopen/", deeds.reopen, name="desk-reopen"),
    path("season/", deeds.season, name="desk-season"),
    path("when/<slug:number>/", editing.session, name="desk-session"),
    path("languages/<slug:code>/", editing.language, name="desk-language"),
    path("<slug:word>/", editing.step, name="desk-step"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.desk, name="desk"),
    path("join/", joining.search, name="desk-join"),
    path("join/new/", joining.new, name="desk-join-new"),
    path("join/<int:pk>/", joining.ask, name="desk-join-ask"),
    path("requests/<int:pk>/withdraw/", joining.withdraw, name="desk-request-withdraw"),
    path("invitation/<str:link>/", people.invitation, name="desk-invitation"),
    path("p/<slug:slug>/", views.provider, name="desk-provider"),
    path("p/<slug:slug>/still-right/", still_right.still_right, name="desk-still-right"),
    path("p/<slug:slug>/send/", editing.send, name="desk-send"),
    path("p/<slug:slug>/merge/", deeds.merge, name="desk-merge"),
    path("p/<slug:slug>/figures/", figures.figures, name="desk-figures"),
    path("p/<slug:slug>/certificates/", people.certificates, name="desk-certificates"),
    path("p/<slug:slug>/leave/", people.leave, name="desk-leave"),
    path("p/<slug:slug>/people/", people.people, name="desk-people"),
    path("p/<slug:slug>/people/new-board/", people.new_board, name="desk-new-board"),
    path("p/<slug:slug>/people/<int:pk>/take-away/", people.take_away, name="desk-take-away"),
    path("p/<slug:slug>/offers/", include("portal.desk.offers.urls")),
    path("p/<slug:slug>/statements/", include("portal.desk.statements.urls")),
    path("p/<slug:slug>/invitations/<int:pk>/", people.invitation_deed, name="desk-invitation-deed"),
    path("p/<slug:slug>/<slug:kind>/new/", editing.new, name="desk-new"),
    path("p/<slug:slug>/<slug:kind>/<int:pk>/", include(page)),
]
