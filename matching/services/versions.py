"""Model versions: each is made beside the old and never changed."""

from __future__ import annotations

import time

from accounts.models import User
from core import audit
from core.errors import Busy, require
from core.services import service
from matching import datasets
from matching.engine.ranking import Recommender, data_hash
from matching.models import ModelVersion
from matching.services.calibration import calibrate
from matching.services.locks import lock_until_commit

PATIENCE = 60  # times that a lock is waited for, some nine seconds each


@service
def fit_model(*, actor: User | None = None) -> ModelVersion:
    """Learn from today's catalogue and slot texts. The newest version is returned as it is when nothing has changed."""
    require(actor is None or actor.is_superuser)
    lock_until_commit("fit")
    corpus = datasets.corpus()
    recommender = Recommender()
    made_with = datasets.parameters(recommender)
    learnt_from = data_hash([], corpus.opportunities, corpus.competencies)
    newest = newest_version()
    if newest and (newest.parameters, newest.data_hash) == (made_with, learnt_from):
        return newest
    began = time.perf_counter()
    recommender.fit([], corpus.opportunities, corpus.competencies)
    artifact, sha256 = datasets.artifact(recommender)
    version = ModelVersion.objects.create(
        number=newest.number + 1 if newest else 1,
        parameters=made_with,
        data_hash=learnt_from,
        metrics={
            "texts": len(corpus.opportunities),
            "competencies": len(corpus.competencies),
            "words": len(recommender.text_.vocabulary_),
            "fit_seconds": round(time.perf_counter() - began, 3),
            "artifact_bytes": len(artifact),
        },
        artifact=artifact,
        artifact_sha256=sha256,
    )
    audit.record(actor=actor, action="matching.model_fitted", obj=version, after={"number": version.number})
    calibrate(version_id=version.pk)
    return version


def newest_version() -> ModelVersion | None:
    """The version fitted last, without its bytes."""
    return ModelVersion.objects.defer("artifact").order_by("-number").first()


def is_current(version: ModelVersion) -> bool:
    """Whether a version was made by the code and libraries that run now; another one's bytes are not to be trusted."""
    return datasets.is_of_this_code(version.parameters)


def usable_version() -> ModelVersion:
    """The newest version of this code; fitted now when there is none. Somebody who fits it already is waited for."""
    for last in [*[False] * PATIENCE, True]:
        newest = newest_version()
        if newest and is_current(newest):
            return newest
        try:
            return fit_model()
        except Busy:
            if last:
                raise
    raise AssertionError("unreachable")
