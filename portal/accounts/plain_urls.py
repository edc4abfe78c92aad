"""Addresses of sign-in that are the same in every language."""

from django.urls import path

from portal.accounts import views

urlpatterns = [
    path("cms/login/", views.to_sign_in, name="wagtailadmin_login"),
    path("sign-in/<slug:provider_id>/callback/", views.from_provider, name="openid_connect_callback"),
    path("demo/mail/", views.demo_mail, name="demo_mail"),
    path("demo/mail/<slug:name>/", views.demo_letter, name="demo_letter"),
    path("demo/mail/<slug:name>/html/", views.demo_letter_html, name="demo_letter_html"),
]
