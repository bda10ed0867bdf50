"""The pages of the catalogue's site as HTML: no script, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from jobs.definitions import published
from jobs.definitions.header import Header
from jobs.definitions.output import REQUIRED
from rekindle.workbench.cases.case import Case
from rekindle.workbench.catalogue import highlight, lineage
from rekindle.workbench.catalogue.entries import Entry, fires
from rekindle.workbench.catalogue.words import duration

_COLUMNS = {
    "device_id": "Whose behaviour it was.",
    "user_id": "The person, where the row names one; else whoever the device belonged to.",
    "occasion": "The key of “this once”: same person and occasion, one mail.",
    "fired_at": "When it falls due.",
    "payload": "What the e-mail platform gets.",
    "since": "From when on cancelling events count.",
    "timezone": "Where the person was, for quiet hours: the profile's own zone goes first.",
}


def index(entries: Sequence[Entry], on: Collection[str]) -> str:
    """All triggers, by question and by pack. on: packs of the settings."""
    questions = sorted(entries, key=lambda entry: entry.trigger.header.description)
    listed = "".join(f"<li><a href='{one.name}.html'>{escape(one.trigger.header.description)}</a></li>" for one in questions)
    packs = "".join(_pack(pack, [one for one in entries if one.pack == pack], on) for pack in dict.fromkeys(one.pack for one in entries))
    running = sum(one.runs(on) for one in entries)
    body = (
        f"<h1>Triggers</h1><p class='sub'>{len(entries)} triggers, {running} of them run with these settings.</p>"
        f"<section aria-labelledby='questions'><h2 id='questions'>By question</h2><ul class='plain'>{listed}</ul></section>"
        f"<section aria-labelledby='packs'><h2 id='packs'>By pack</h2>{packs}</section>"
    )
    return _page("Triggers", body)


def _pack(pack: str, entries: Sequence[Entry], on: Collection[str]) -> str:
    rows = "".join(
        f"<tr><th scope='row'><a href='{one.name}.html'>{one.name}</a></th><td>{escape(one.trigger.header.description)}</td>"
        f"<td>{_tag(one, on)}</td><td class='figure'>{one.trigger.header.version}</td><td class='figure'>{len(one.cases)}</td></tr>"
        for one in entries
    )
    heads = "".join(f"<th scope='col'>{head}</th>" for head in ("Trigger", "Question", "State"))
    heads += "".join(f"<th scope='col' class='figure'>{head}</th>" for head in ("Version", "Cases"))
    caption = "One Flink job; on with these settings." if pack in on else "One Flink job; off with these settings."
    table = f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h3>{pack}</h3><div class='scroll'>{table}</div>"


def _gives(sql: str, column: str) -> bool:
    """Whether the SELECT's list names a column, by itself or after AS."""
    listed = re.split(r"\bFROM\b", sql, maxsplit=1, flags=re.IGNORECASE)[0]
    return re.search(rf"(?i)(?:\bAS\s+|\bSELECT\s+|,\s*)`?{column}`?\s*(?:,|--|\Z)", listed) is not None


def _tag(entry: Entry, on: Collection[str]) -> str:
    runs = entry.runs(on)
    state = "runs" if runs else "pack is off" if entry.trigger.header.status == "active" else entry.trigger.header.status
    return f"<span class='tag{' runs' if runs else ''}'>{state}</span>"


def trigger(entry: Entry, on: Collection[str], backtest: Mapping[str, Any] | None) -> str:
    """One trigger. backtest: the report of the last one, if there was one."""
    header = entry.trigger.header
    note = f"<p class='note'>{_prose(entry.note)}</p>" if entry.note else ""
    sections = (
        ("Where it comes from and goes", f"<div class='scroll'>{lineage.picture(entry.name, header, entry.reads)}</div>"),
        ("In short", _facts(header)),
        ("SQL", f"<pre tabindex='0'><code>{highlight.sql(_without_note(entry))}</code></pre>{_params(header)}"),
        ("Contract", _contract(entry)),
        ("Test sentences", _cases(entry)),
        ("Last backtest", _backtest(backtest)),
    )
    body = f"<h1>{escape(header.description)}</h1><p class='sub'><code>{entry.name}</code> in pack {entry.pack} {_tag(entry, on)}</p>{note}"
    for title, content in sections:
        anchor = title.split()[0].lower()
        body += f"<section aria-labelledby='{anchor}'><h2 id='{anchor}'>{title}</h2>{content}</section>"
    return _page(entry.name, body, "<a href='index.html'>All triggers</a>")


def _prose(text: str) -> str:
    """Words in backticks are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _facts(header: Header) -> str:
    facts = {
        "Owner": header.owner,
        "Version": str(header.version),
        "Status": header.status,
        "Template": f"{header.template} at {header.destination}",
        "Needs consent for": "nothing: transactional" if header.purpose == "transactional" else header.purpose,
        "Counts towards caps of": f"{header.class_}, {header.channel}",
        "Variants": ", ".join(f"{name} {weight}" for name, weight in header.variants.items()) or "none",
        "Waits": duration(header.send_after) if header.send_after else "does not wait",
        "Cancelled by": ", ".join(header.cancel_on) or "nothing",
        "At most once in": duration(header.cooldown) if header.cooldown else "no limit",
        "Never later than": f"{duration(header.max_age)} after it fell due",
        "Priority": str(header.priority),
    }
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{escape(value)}</dd></div>' for name, value in facts.items())}</dl>"


def _params(header: Header) -> str:
    if not header.params:
        return ""
    rows = [(f":{name}", param.type, repr(param.default)) for name, param in header.params.items()]
    return _table("Parameters", ("Parameter", "Type", "Default"), rows)


def _contract(entry: Entry) -> str:
    sql = entry.trigger.query
    payload = [(key, expression) for key, expression in entry.payload.items()]
    tables = "".join(
        f"<details><summary>Table {name}: {escape(published.tables()[name].meaning.split('. ')[0].rstrip('.'))}</summary>"
        + _table("", ("Column", "Type", "Means"), [(one.name, one.type, one.meaning) for one in published.tables()[name].columns])
        + "</details>"
        for name in entry.reads
    )
    columns = [(name, means) for name, means in _COLUMNS.items() if name in REQUIRED or _gives(sql, name)]
    return (
        (_table("Payload, as the e-mail platform gets it", ("Key", "From"), payload) if payload else "")
        + _table("Columns of the SELECT", ("Column", "Means"), columns)
        + f"<h3>What it reads</h3>{tables}"
    )


def _cases(entry: Entry) -> str:
    if not entry.cases:
        return "<p>None.</p>"
    return f"<ul class='plain'>{''.join(f'<li>{_case(entry, case)}</li>' for case in entry.cases)}</ul>"


def _case(entry: Entry, case: Case) -> str:
    later = [other.line for other in entry.cases if other.line > case.line]
    source = "\n".join(entry.case_lines[case.line : min(later) - 1 if later else None]).rstrip()
    mark = "<span class='mark fires'>mail</span>" if fires(case) else "<span class='mark'>no mail</span>"
    return f"<details><summary>{mark}{escape(case.sentence)}</summary><pre tabindex='0'><code>{escape(source)}</code></pre></details>"


def _backtest(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "<p>None in this state folder: <code>rekindle backtest</code> keeps its last report there.</p>"
    figures = [(name, f"{found[key]:,}") for name, key in _FIGURES.items() if isinstance(found.get(key), int)]
    figures += [(f"not sent: {reason}", f"{count:,}") for reason, count in (found.get("reasons") or {}).items()]
    return _table(f"Version {found.get('version', '?')} over history", ("", "Count"), figures, figure=True)


_FIGURES = {"lines read": "lines", "candidates": "candidates", "sent": "sends", "people": "people"}


def _without_note(entry: Entry) -> str:
    """The SELECT: its note stands above, as prose."""
    lines = entry.trigger.query.strip().splitlines()
    while lines and lines[0].startswith("--"):
        lines.pop(0)
    return "\n".join(lines)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], figure: bool = False) -> str:
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f"<th scope='col'>{escape(one)}</th>" if one else "<td></td>" for one in heads)
    body = "".join(
        f"<tr><th scope='row'><code>{escape(row[0])}</code></th>"
        + "".join(f"<td{' class=figure' if figure else ''}>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<div class='scroll'><table>{told}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _page(title: str, body: str, above: str = "Rekindle") -> str:
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)} · Rekindle</title><link rel='stylesheet' href='style.css'></head><body>"
        f"<a class='skip' href='#content'>To the content</a><header><nav aria-label='Site'>{above}</nav></header>"
        f"<main id='content'>{body}</main><footer>Written by <code>rekindle docs</code> from the trigger files.</footer></body></html>\n"
    )
