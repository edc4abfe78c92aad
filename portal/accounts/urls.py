"""Ways to sign in beside Wagtail's own."""

from django.urls import path

from portal.accounts import views
from portal.accounts.account import account

urlpatterns = [
    path("account/", account, name="wagtailadmin_account"),
    path("sign-in/<str:token>/", views.sign_in_link, name="sign_in_link"),
]
