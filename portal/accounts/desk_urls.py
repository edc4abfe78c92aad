"""Signing in and one's own account, below `/<language>/desk/`. Only the addresses of django-allauth that are used are here."""

from allauth.account import views as allauth_views
from django.urls import path

urlpatterns = [
    path("sign-in/", allauth_views.request_login_code, name="account_login"),
    path("sign-in/", allauth_views.request_login_code, name="account_request_login_code"),
    path("sign-in/code/", allauth_views.confirm_login_code, name="account_confirm_login_code"),
    path("sign-out/", allauth_views.logout, name="account_logout"),
]
