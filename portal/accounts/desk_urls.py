"""Signing in and one's own account, below `/<language>/desk/`. Of django-allauth's addresses only those that are used."""

from django.urls import path

from portal.accounts import account_views, break_glass, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/", views.sign_in, name="account_request_login_code"),
    path("sign-in/code/", views.code, name="account_confirm_login_code"),
    path("sign-in/passkey/", account_views.SignInByPasskey.as_view(), name="mfa_login_webauthn"),
    path("sign-in/second/", account_views.SecondFactor.as_view(), name="mfa_authenticate"),
    path("sign-in/closed/", views.inactive, name="account_inactive"),
    path("sign-in/spare-key/", break_glass.spare_key, name="account_break_glass"),
    path("sign-in/with/<slug:provider_id>/", views.to_provider, name="openid_connect_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("account/", account_views.home, name="account_home"),
    path("account/name/", views.name, name="account_name"),
    path("account/address/", account_views.new_address, name="account_new_address"),
    path("account/link/", account_views.link_provider, name="account_link_provider"),
    path("account/providers/<slug:provider_id>/remove/", account_views.remove_provider, name="account_remove_provider"),
    path("account/sessions/", account_views.end_session, name="account_end_session"),
    path("account/sign-ins/", account_views.sign_ins, name="account_sign_ins"),
    path("account/again/", account_views.again, name="account_again"),
    path("account/second-factor/", account_views.second_factor, name="mfa_index"),
    path("account/confirm/", account_views.signed_in(account_views.ShowAgain.as_view()), name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey/",
        account_views.signed_in(account_views.ShowAgainByPasskey.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/passkeys/add/", account_views.fresh(account_views.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove/",
        account_views.fresh(account_views.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("account/app/add/", account_views.fresh(account_views.AddApp.as_view()), name="mfa_activate_totp"),
    path("account/app/remove/", account_views.fresh(account_views.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", account_views.fresh(account_views.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new/",
        account_views.fresh(account_views.NewRecoveryCodes.as_view()),
        name="mfa_generate_recovery_codes",
    ),
]
