from django.apps import AppConfig


class TriageConfig(AppConfig):
    name = "lindung.hotline.triage"
    label = "triage"
