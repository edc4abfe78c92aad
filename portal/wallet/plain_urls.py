"""Addresses of a card on a telephone: without a language prefix, what opens a card after the `#`."""

from django.urls import path

from portal.wallet import api, views

urlpatterns = [
    path("k", views.printed_card, name="printed-card"),
    path("w", views.wallet, name="wallet"),
    path("w/manifest.webmanifest", views.wallet_manifest, name="wallet-manifest"),
    path("w/sw.js", views.wallet_worker, name="wallet-worker"),
    path("api/v1/wallet/look", api.look, name="api-wallet-look"),
    path("api/v1/wallet/add", api.add, name="api-wallet-add"),
    path("api/v1/wallet/cards", api.cards, name="api-wallet-cards"),
    path("api/v1/wallet/use", api.use, name="api-wallet-use"),
    path("api/v1/wallet/asked", api.asked_before, name="api-wallet-asked"),
    path("api/v1/wallet/transfer", api.transfer, name="api-wallet-transfer"),
    path("api/v1/wallet/off", api.off, name="api-wallet-off"),
]
