"""Addresses of this room behind sign-in, below `/<language>/desk/`."""

from django.urls import URLPattern, path

from portal.contact.board import views as board
from portal.contact.enquiries import desk_views as enquiries
from portal.contact.sharing import views as sharing

urlpatterns: list[URLPattern] = [
    path("enquiries/", enquiries.enquiries, name="desk-enquiries"),
    path("enquiries/<int:pk>/", enquiries.enquiry, name="desk-enquiry"),
    path("enquiries/<int:pk>/answered/", enquiries.answered, name="desk-enquiry-answered"),
    path("associations/", sharing.neighbours, name="desk-neighbours"),
    path("associations/<slug:slug>/", enquiries.write_to, name="desk-neighbour"),
    path("board/", board.board, name="desk-board"),
    path("board/new/", board.edit_notice, name="desk-notice-new"),
    path("board/<int:pk>/", board.notice_page, name="desk-notice"),
    path("board/<int:pk>/edit/", board.edit_notice, name="desk-notice-edit"),
    path("board/<int:pk>/close/", board.close, name="desk-notice-close"),
    path("board/<int:pk>/report/", board.report, name="desk-notice-report"),
    path("contact-list/", sharing.contact_list, name="desk-contact-list"),
    path("contact-list/consent/<slug:slug>/", sharing.consent, name="desk-contact-consent"),
    path("contact-list/share/", sharing.share, name="desk-contact-share"),
    path("contact-list/share/<int:pk>/revoke/", sharing.revoke, name="desk-contact-revoke"),
]
