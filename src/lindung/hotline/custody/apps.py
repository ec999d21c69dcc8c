from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "lindung.hotline.custody"
    label = "custody"
