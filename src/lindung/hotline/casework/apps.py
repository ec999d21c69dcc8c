from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "lindung.hotline.casework"
    label = "casework"
