"""Rooms of the desk for agencies that hand out cards, below `/<language>/desk/`. No address names a card or a batch."""

from django.urls import path

from portal.handing import printing, stubs, views

urlpatterns = [
    path("cards/", views.cards, name="desk-cards"),
    path("cards/<int:pk>/", views.agency, name="desk-cards-agency"),
    path("cards/<int:pk>/hand-out/", views.hand_out, name="desk-cards-hand-out"),
    path("cards/<int:pk>/many/", views.many, name="desk-cards-many"),
    path("cards/<int:pk>/sheet/", printing.sheet, name="desk-cards-sheet"),
    path("cards/<int:pk>/new-codes/", printing.new_codes, name="desk-cards-codes"),
    path("cards/<int:pk>/card/", stubs.card, name="desk-cards-card"),
]
