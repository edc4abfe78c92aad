"""Staff screens about signing in, and the one-time links of a demo."""

from django.urls import path

from portal.accounts import views
from portal.accounts.account import account
from portal.accounts.staff_reports import sign_ins_report

urlpatterns = [
    path("account/", account, name="wagtailadmin_account"),
    path("sign-ins/", sign_ins_report, name="all_sign_ins"),
    path("sign-in/<str:token>/", views.sign_in_link, name="sign_in_link"),
]
