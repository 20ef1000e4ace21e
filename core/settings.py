"""Everything an operator can set, read once from the environment into one frozen object.

Every variable starts with ``LUJIAN_`` and is documented here and in README.md
(``tests/test_documentation.py`` compares the two). Imports nothing of ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def _flag(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _path(text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else ROOT / path


@dataclass(frozen=True)
class Settings:
    """What the operator decided. Field ``x_y`` is read from ``LUJIAN_X_Y``."""

    var_dir: Path = field(
        default=ROOT / "var",
        metadata={"help": "Folder for everything that changes at run time; not in git."},
    )
    database_url: str = field(
        default="",
        metadata={
            "help": "sqlite:///path/to/file.sqlite or postgresql+psycopg://user:password@host/name "
            "(PostGIS). Default: lujian.sqlite in LUJIAN_VAR_DIR."
        },
    )
    demo: bool = field(
        default=True,
        metadata={"help": "1: load the two demo campaigns into an empty database; 0: do not."},
    )
    language: str = field(
        default="zh_CN",
        metadata={"help": "Language of a first visit by a browser that asks for none of ours."},
    )
    themes_file: Path = field(
        default=ROOT / "data" / "themes.json",
        metadata={"help": "JSON file of the themes and the words that say them: data/README.md."},
    )
    basemap_url: str = field(
        default="",
        metadata={
            "help": "XYZ tile address of a base map in WGS 84 / Web Mercator, such as "
            "https://host/{z}/{x}/{y}.png. Default: none, the map draws its own layers."
        },
    )
    basemap: str = field(
        default="",
        metadata={
            "help": "Base map: none, xyz, tianditu, tianditu-image or file; goes before the desk. "
            "Default: what is set, else what is chosen at the desk."
        },
    )
    basemap_file: str = field(
        default="",
        metadata={"help": "PMTiles file of pictures, or of vector tiles, on this machine."},
    )
    basemap_key: str = field(
        default="",
        metadata={"help": "Tianditu's key for browsers; whoever looks at the map can see it."},
    )
    basemap_attribution: str = field(
        default="",
        metadata={"help": "Credit line that the owner of the base map asks for."},
    )
    licence: str = field(
        default="CC-BY-4.0",
        metadata={"help": "Licence named in every export of proposals."},
    )
    assets_dir: Path = field(
        default=ROOT / "node_modules",
        metadata={"help": "Folder that npm ci filled with the front-end packages."},
    )

    public_url: str = field(
        default="",
        metadata={
            "help": "Address under which residents reach this server, such as "
            "https://lujian.example.org: for links in messages, QR codes and feeds. Default: the "
            "address of the request."
        },
    )
    secret_key: str = field(
        default="",
        metadata={
            "help": "Key that seals contacts and signs passes, at least 32 characters; several, "
            "separated by commas: the first seals, all open. Without it no contact is kept. "
            "`make run` makes one in var/secret.key."
        },
    )
    photo_store: str = field(
        default="",
        metadata={
            "help": "Where photos are kept: a folder, or s3://bucket/prefix with the usual AWS_… "
            "variables (AWS_ENDPOINT_URL for other S3 stores). Default: photos in LUJIAN_VAR_DIR."
        },
    )
    smtp_url: str = field(
        default="",
        metadata={
            "help": "Mail server: smtp://user:password@host:587 (STARTTLS where offered) or "
            "smtps://…:465. Default: none, no e-mail is sent."
        },
    )
    mail_from: str = field(
        default="",
        metadata={"help": "Sender of e-mails, such as 路见 <lujian@example.org>."},
    )
    webhook_url: str = field(
        default="",
        metadata={"help": "Gateway for SMS or WeChat that takes signed messages by HTTP POST."},
    )
    webhook_secret: str = field(
        default="",
        metadata={"help": "Secret with which messages to the gateway are signed."},
    )
    webhooks_private: bool = field(
        default=False,
        metadata={
            "help": "1: hooks of campaigns may lead into private networks, and by http; 0: only to "
            "public addresses by https."
        },
    )
    trusted_proxies: str = field(
        default="",
        metadata={
            "help": "Networks of proxies whose X-Forwarded-For and -Proto are believed, separated "
            "by commas, such as 127.0.0.1/32,10.0.0.0/8. Default: none."
        },
    )
    time_zone: str = field(
        default="Asia/Shanghai",
        metadata={"help": "Time zone of times in files that state no offset."},
    )
    read_memory_mb: int = field(
        default=1024,
        metadata={
            "help": "How much memory a file that somebody sends may need to be read, in MB; a "
            "command, 12 × (at most half of the machine's)."
        },
    )
    read_seconds: int = field(
        default=60,
        metadata={"help": "How many seconds reading such a file may take; a command, 5 ×."},
    )
    read_unpacked_mb: int = field(
        default=200,
        metadata={"help": "What an archive among them may unpack to, in MB; a command, 40 ×."},
    )
    read_open_files: int = field(
        default=64,
        metadata={"help": "How many files may be open while such a file is read."},
    )
    cache_mb: int = field(
        default=512,
        metadata={
            "help": "How much memory numbers, hotspots, pins and layers that were computed or read "
            "may take together for those who ask next, in MB."
        },
    )
    tianditu_key: str = field(
        default="",
        metadata={"help": "Key of Tianditu's geocoder, asked when the map knows no such place."},
    )
    max_filings_per_hour: int = field(
        default=20,
        metadata={"help": "How many proposals one device may file in an hour; an address, 10 ×."},
    )
    session_idle_minutes: int = field(
        default=120,
        metadata={"help": "After how many minutes without a request a session of staff ends."},
    )
    session_hours: int = field(
        default=12,
        metadata={"help": "After how many hours a session of staff ends, whatever is done."},
    )
    one_time_password_hours: int = field(
        default=72,
        metadata={
            "help": "For how many hours a password holds that an administrator or a command gave, "
            "until it is changed."
        },
    )
    oidc_claim: str = field(
        default="groups",
        metadata={
            "help": "Claim of an OpenID Connect sign-in that names what somebody belongs to; of a "
            "provider with a name: groups,[google]hd."
        },
    )
    oidc_names: str = field(
        default="",
        metadata={
            "help": "How the providers are called on the page to sign in: "
            "政务统一认证,[google]Google. Default: the account of your organisation, and the name "
            "in secrets.toml."
        },
    )
    oidc_roles: str = field(
        default="",
        metadata={
            "help": "Roles by value of that claim, separated by commas: "
            "moderators=social_worker@110108017,planners=community_planner (a subdistrict's code; "
            "110108017014/2020 for a community of an edition; none for the whole platform). [name] "
            "before a value: of the provider [auth.name]; a value with commas in double quotes."
        },
    )

    office_name: str = field(
        default="",
        metadata={
            "help": "Who asks and answers here, such as 清河街道办事处; this and the rest of the "
            "office can also be filled in at the desk, which goes before."
        },
    )
    office_name_en: str = field(default="", metadata={"help": "The office's name in English."})
    office_address: str = field(default="", metadata={"help": "Where the office is."})
    office_address_en: str = field(default="", metadata={"help": "Where it is, in English."})
    office_telephone: str = field(
        default="", metadata={"help": "The office's telephone number, such as 12345."}
    )
    office_email: str = field(default="", metadata={"help": "The office's e-mail address."})
    office_icp: str = field(
        default="", metadata={"help": "ICP number of the site, such as 京ICP备05000000号."}
    )
    office_police_record: str = field(
        default="",
        metadata={"help": "Number of its record with the public security organs (公安备案)."},
    )

    @property
    def sqlalchemy_url(self) -> str:
        """The database address, with the embedded SQLite file as default."""
        return self.database_url or f"sqlite:///{self.var_dir / 'lujian.sqlite'}"


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": _flag,
    "int": int,
    "Path": _path,
    "str": str,
}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Build settings from ``LUJIAN_…`` variables; an empty variable counts as unset."""
    values = {}
    for name, spec in Settings.__dataclass_fields__.items():
        text = environment.get(f"LUJIAN_{name.upper()}", "")
        if text.strip():
            values[name] = _READERS[str(spec.type)](text)
    return Settings(**values)


@cache
def get_settings() -> Settings:
    """Return the settings of this process."""
    return read_settings(os.environ)
