"""The thread that makes versions, one at a time in each process; progress is told, stops heard."""

from __future__ import annotations

import logging
from datetime import datetime
from hashlib import file_digest

from sqlalchemy.orm import Session

from core.background.leased_work import LeasedWorker, StoppedError, clock_from
from core.database import Database
from core.errors import LuJianError
from core.outages import problem_of
from core.settings import Settings
from core.worker import fault_text
from packs.building.brief import brief_of, named
from packs.building.contents import Contents, contents
from packs.building.pack_file import PackParts, write_pack
from packs.building.photos import pack_photos, photo_bytes
from packs.building.scope import Scope, scope_of
from packs.links import tell_of_version
from packs.models import Pack
from packs.states import VersionState
from packs.storage import PackFiles
from packs.told_people import to_json
from packs.versions import WORK
from people.office.office import office_of
from submissions.photos.storage import PhotoStore

POLL_S = 2.0
#: Progress is written down no oftener than this.
TELL_S = 0.5
_log = logging.getLogger(__name__)


class PackBuilder(LeasedWorker):
    """Makes what waits."""

    def __init__(
        self,
        database: Database,
        photos: PhotoStore,
        files: PackFiles,
        settings: Settings,
        *,
        poll_s: float = POLL_S,
    ) -> None:
        failed = "a pack could not be made"
        super().__init__("packs", database, WORK, poll_s=poll_s, failed=failed)
        self._photos, self._files, self._settings = photos, files, settings

    def run_once(self, now: datetime) -> int:
        """Make the oldest version that waits; return 1 where there was one.

        Raises what the database raises: the version is made once it is back.
        """
        version_id = self.claim(now)
        if version_id is None:
            return 0
        try:
            self._make(version_id, now)
        except StoppedError:
            _log.info("version %d of a pack was stopped", version_id)
        except Exception as fault:
            if problem_of(fault) is not None or self._stopping.is_set():
                raise
            self._fail(version_id, fault, now)
        return 1

    def do_round(self, now: datetime) -> int:
        """Make one."""
        return self.run_once(now)

    def _make(self, version_id: int, now: datetime) -> None:
        clock, renew = clock_from(now), self.renewing(version_id, now=now, every_s=TELL_S)

        def tell(share: float) -> None:
            renew(progress=share)

        tell(0.01)
        with self._database.reading() as session:
            scope = scope_of(session, version_id)
            found = contents(session, scope, tell)
            tell(0.08)
            parts = self._parts(session, scope, found, now)
        target = self._files.new("zip")
        manifest = write_pack(scope, found, parts, target, now=now, tell=tell)
        tell(0.99)
        if not self._settle(version_id, scope, found, manifest, target.name, clock()):
            self._files.remove(target.name)
            raise StoppedError

    def _parts(self, session: Session, scope: Scope, found: Contents, now: datetime) -> PackParts:
        office = office_of(session, self._settings).name(scope.language)
        licence = self._settings.licence
        names = set(found.layer("proposals")["id"])
        chosen, left_out = pack_photos(session, names)
        return PackParts(
            brief=brief_of(session, scope, found, office=office, licence=licence, now=now),
            photos=photo_bytes(self._photos, chosen),
            photos_left_out=left_out,
            names=named(scope, found),
            office=office,
            licence=licence,
        )

    def _settle(
        self,
        version_id: int,
        scope: Scope,
        found: Contents,
        manifest: dict[str, object],
        file: str,
        now: datetime,
    ) -> bool:
        """Write down that a version is there, and tell the firms that took an earlier one."""
        path = self._files.path(file)
        with path.open("rb") as opened:
            digest = file_digest(opened, "sha256").hexdigest()
        values = {
            "state": str(VersionState.READY),
            "progress": 1.0,
            "file": file,
            "size": path.stat().st_size,
            "digest": digest,
            "manifest": manifest,
            "counted": to_json(found.counted),
            "held": found.held,
        }

        def settle(session: Session) -> bool:
            if not WORK.settle(session, version_id, self.runner_id, values, now=now):
                return False
            pack = session.get_one(Pack, scope.pack_id)
            tell_of_version(session, pack, scope.number, now=now)
            return True

        return self._database.write(settle)

    def _fail(self, version_id: int, fault: Exception, now: datetime) -> None:
        ours = isinstance(fault, LuJianError)
        if not ours:
            _log.error("version %d of a pack", version_id, exc_info=fault)
        problem = fault.code if isinstance(fault, LuJianError) else fault_text(fault)
        values = {"state": str(VersionState.FAILED), "problem": problem[:200]}
        runner = self.runner_id
        self._database.write(lambda s: WORK.settle(s, version_id, runner, values, now=now))
