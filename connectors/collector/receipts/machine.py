"""Opens and clicks no person made: privacy proxies that load every image, and scanners that follow every link.

Providers' own flags come first (each provider's module); this is what the user agent alone gives away. A person behind Gmail's image
proxy is flagged too: an open through a proxy says the mail was shown or prefetched, which cannot be told apart.
"""

from __future__ import annotations

import re

from connectors.collector.receipts.reading import text

_BARE = {"mozilla/5.0", "mozilla/4.0"}
"""Apple's Mail Privacy Protection sends no more than this."""
_NAMES = re.compile(
    r"GoogleImageProxy|ggpht\.com|YahooMailProxy|YahooCacheSystem|ymproxy|Outlook-?Safe|SafeLinks|Existence Discovery|Barracuda|Proofpoint|"
    r"Mimecast|Symantec|MessageLabs|TrendMicro|FireEye|Sophos|Cisco-?IronPort|HeadlessChrome|PhantomJS|python-requests|python-urllib|aiohttp/|"
    r"^curl/|^Wget|Go-http-client|^Java/\d|^Apache-HttpClient|libwww|(?<!cu)bot\b|crawler|spider|scanner\b|UriPreview|LinkPreview",
    re.IGNORECASE,
)


def by_user_agent(value: object) -> bool:
    """Whether a user agent names a proxy or scanner. None and the unknown are people, and so is the telephone called Cubot."""
    agent = text(value)
    return agent is not None and (agent.lower() in _BARE or _NAMES.search(agent) is not None)
