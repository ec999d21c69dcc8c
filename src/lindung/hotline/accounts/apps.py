from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "lindung.hotline.accounts"
    label = "accounts"

    def ready(self) -> None:
        if not settings.IS_PUBLIC:  # the public process knows no sign-in
            from . import signals

            signals.connect()
