from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "lindung.hotline.config"
    label = "config"
