from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lindung.hotline.accounts"
    label = "accounts"
