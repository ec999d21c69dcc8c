from lindung.hotline.config import database, env, keys

ENV = env.current()
SECRET_KEY = keys.read(ENV.home, f"django-{ENV['PROCESS']}.key").decode()
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "standin.urls"
INSTALLED_APPS = ["standin"]
MIDDLEWARE: list[str] = []
DATABASES = {"default": database.connection(ENV, ENV["PROCESS"])}
USE_TZ = True
