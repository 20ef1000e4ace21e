"""The thread that makes versions, one at a time in each process; progress is told, stops heard."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import file_digest
from uuid import uuid4

from sqlalchemy.orm import Session

from core.database import Database
from core.errors import LuJianError
from core.outages import problem_of
from core.settings import Settings
from core.worker import Worker, fault_text
from packs.building.brief import brief_of, named
from packs.building.contents import Contents, contents
from packs.building.pack_file import PackParts, write_pack
from packs.building.photos import pack_photos, photo_bytes
from packs.building.scope import Scope, Tell, scope_of
from packs.links import tell_of_version
from packs.models import Pack
from packs.states import VersionState
from packs.storage import PackFiles
from packs.told_people import to_json
from packs.versions import claim_version, is_work_there, settle_version, tell_progress
from people.office.office import office_of
from submissions.photos.storage import PhotoStore

POLL_S = 2.0
#: Progress is written down no oftener than this.
TELL_S = 0.5
_log = logging.getLogger(__name__)


class StoppedError(LuJianError):
    """Somebody stopped the version, or another process has it."""

    code = "stopped"


class PackBuilder(Worker):
    """Makes what waits. Several processes may run one each on the same database."""

    def __init__(
        self,
        database: Database,
        photos: PhotoStore,
        files: PackFiles,
        settings: Settings,
        *,
        poll_s: float = POLL_S,
    ) -> None:
        super().__init__("packs", poll_s=poll_s)
        self._database, self._photos, self._files = database, photos, files
        self._settings = settings
        self.runner_id = uuid4().hex

    def run_once(self, now: datetime) -> int:
        """Make the oldest version that waits; return 1 where there was one.

        Raises what the database raises: the version is made once it is back.
        """
        with self._database.reading() as session:
            if not is_work_there(session, self.runner_id, now=now):
                return 0
        runner = self.runner_id
        version_id = self._database.write(lambda s: claim_version(s, runner, now=now))
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

    def tell_fault(self, fault: Exception) -> None:
        """Log it whole: its fault is in the program or the database."""
        _log.error("a pack could not be made", exc_info=fault)

    def _make(self, version_id: int, now: datetime) -> None:
        clock = _clock(now)
        tell = self._teller(version_id, clock)
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
            if not settle_version(session, version_id, self.runner_id, values, now=now):
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
        self._database.write(lambda s: settle_version(s, version_id, runner, values, now=now))

    def _teller(self, version_id: int, clock: Callable[[], datetime]) -> Tell:
        """Return what writes progress down and raises once the version was stopped."""
        told_s = 0.0

        def tell(share: float) -> None:
            nonlocal told_s
            if time.monotonic() - told_s < TELL_S:
                return
            told_s, moment, runner = time.monotonic(), clock(), self.runner_id
            going = self._database.write(
                lambda s: tell_progress(s, version_id, runner, share, now=moment)
            )
            if not going or self._stopping.is_set():
                raise StoppedError

        return tell


def _clock(began: datetime) -> Callable[[], datetime]:
    """Return what tells the moment, by how long it is since work began."""
    start_s = time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - start_s)
