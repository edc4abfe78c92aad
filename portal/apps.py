from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal.till import api_description
        from search.api_description import describe_also

        describe_also(paths=api_description.PATHS, schemas=api_description.SCHEMAS, security=api_description.SECURITY)
