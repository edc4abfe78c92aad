"""Below `/desk/p/<provider>/offers/`."""

from django.urls import path

from portal.desk.offers import deeds, views

urlpatterns = [
    path("", views.offers, name="desk-offers"),
    path("new/", views.new, name="desk-offer-new"),
    path("propose/<slug:card>/", deeds.propose, name="desk-agreement-propose"),
    path("agreements/<int:pk>/renewal/", deeds.renewal, name="desk-agreement-renewal"),
    path("agreements/<int:pk>/take-back/", deeds.take_back_agreement, name="desk-agreement-take-back"),
    path("<int:pk>/", views.offer, name="desk-offer"),
    path("<int:pk>/close/", deeds.close, name="desk-offer-close"),
    path("<int:pk>/copy/", deeds.copy, name="desk-offer-copy"),
    path("<int:pk>/release/", deeds.release, name="desk-offer-release"),
    path("<int:pk>/deeds/<slug:word>/", deeds.deed, name="desk-offer-deed"),
    path("<int:pk>/languages/<slug:code>/", views.language, name="desk-offer-language"),
    path("<int:pk>/<slug:word>/", views.step, name="desk-offer-step"),
]
