"""The WSGI application of the public or the console process (see LINDUNG_PROCESS)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lindung.hotline.config.settings")
application = get_wsgi_application()
