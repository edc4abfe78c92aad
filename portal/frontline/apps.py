from django.apps import AppConfig


class FrontlineConfig(AppConfig):
    name = "portal.frontline"
    label = "frontline"
