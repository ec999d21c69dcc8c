from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "lindung.hotline.intake"
    label = "intake"
