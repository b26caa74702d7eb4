"""Models of an organisation on Hugging Face: `hf:ORGANISATION`.

`createdAt` is when the page was made, perhaps in private: a lower bound. That it could be read bounds it from above. The
address is HF_ENDPOINT, the token HF_TOKEN, where set.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...errors import FetchError, LedgerError
from .proposal import Bound, Evidence, Proposal, moment, plain, slug
from .web import Page, Web

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PUBLIC = "https://huggingface.co"


@dataclass(frozen=True)
class HuggingFace:
    """The models of one organisation."""

    name: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise LedgerError(f"hf:{self.name} names no organisation; write hf:deepseek-ai")

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal]:
        """Each public model, newest first."""
        base = os.environ.get("HF_ENDPOINT", PUBLIC).rstrip("/")
        token = os.environ.get("HF_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        first = f"{base}/api/models?author={self.name}&sort=createdAt&direction=-1&limit=100"
        for page in web.pages(first, headers=headers):
            for row in _rows(page):
                proposal = _proposal(row, page, base)
                if proposal is None:
                    continue
                if since and proposal.not_before and proposal.not_before.instant.date() < since:
                    return
                yield proposal


def _rows(page: Page) -> list[dict[str, Any]]:
    rows = page.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FetchError(f"{page.url} did not answer with a list of models; check the address")
    return rows


def _proposal(row: dict[str, Any], page: Page, base: str) -> Proposal | None:
    name, at = plain(row.get("id") or row.get("modelId")), moment(row.get("createdAt"))
    owner, _, model = name.partition("/")
    if at is None or not model or row.get("private"):
        return None
    link = f"{base}/{name}"
    before = Bound(at, Evidence(link, "hugging face model", page.sha256, page.read_at))
    after = Bound(page.read_at, Evidence(link, "read", page.sha256, page.read_at))
    return Proposal(slug(owner, model), owner, model, "open-weights", after, before)
