"""The models, shared by all blueprints."""

# <% if cookiecutter.auth %>
from .account import Role as Role
from .account import User as User
# <% endif %>
from .base import Base as Base
# <% if cookiecutter.jobs == "celery" %>
from .export import Export as Export
# <% endif %>
from .note import Note as Note
# <% if cookiecutter.auth %>
from .passkey import Passkey as Passkey
# <% endif %>
# <% if cookiecutter.auth and cookiecutter.api != "none" %>
from .token import ApiToken as ApiToken
# <% endif %>
