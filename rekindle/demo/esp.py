"""What the fake e-mail platform has accepted."""

from __future__ import annotations

import requests

from jobs.errors import RunError


def accepted_since(url: str, page: int, found: dict[str, str]) -> int:
    """Adds trigger_id → time of acceptance (ISO text) to `found`, from `page` of the ledger on; the page to go on from.

    Raises: RunError when the platform does not answer.
    """
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment must not see local calls
        while True:
            try:
                answer = session.get(f"{url}/ledger/ids", params={"after": page}, timeout=10)
                answer.raise_for_status()
            except requests.RequestException as error:
                raise RunError(
                    f"the fake e-mail platform does not answer at {url}: {type(error).__name__}", "see `rekindle status`"
                ) from None
            rows = answer.json()
            for row in rows["ids"]:
                found.setdefault(row["trigger_id"], row["first_ts"])
            if rows["next"] is None:
                return page
            page = rows["next"]
