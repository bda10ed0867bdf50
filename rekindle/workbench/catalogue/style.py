"""The site's one style sheet. No font, picture or script from elsewhere; light and dark as the reader's system has it."""

CSS = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --paper: #fff; --card: #f6f8fa; --line: #d0d7de; --link: #0550ae;
  --yes: #116329; --no: #57606a; --k: #cf222e; --s: #0a3069; --n: #0550ae; --c: #6e7781; --p: #8250df; --accent: #bf3989; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --paper: #0d1117; --card: #161b22; --line: #3d444d; --link: #79c0ff;
    --yes: #56d364; --no: #9198a1; --k: #ff7b72; --s: #a5d6ff; --n: #79c0ff; --c: #9198a1; --p: #d2a8ff; --accent: #ff9bce; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 system-ui, sans-serif; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .3rem .8rem; }
header, main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1.2rem; }
header { padding-top: 1.2rem; color: var(--soft); } footer { padding: 2.5rem 1.2rem; color: var(--soft); font-size: .9rem; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .6rem 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .4rem; } p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code, pre { font: .86rem/1.55 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1.1rem; }
pre { overflow-x: auto; margin: .6rem 0; }
.scroll { overflow-x: auto; } .sub { color: var(--soft); margin-top: 0; }
.note { border-left: 3px solid var(--accent); padding-left: 1rem; }
th.figure { text-align: right; }
.scroll + .scroll { margin-top: 1.4rem; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; } caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .38rem 1rem .38rem 0; border-bottom: 1px solid var(--line); }
td.figure { text-align: right; font-variant-numeric: tabular-nums; } th { font-weight: 600; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .1rem 1.6rem; }
dt { color: var(--soft); font-size: .86rem; } dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
ul.plain { list-style: none; padding: 0; } ul.plain > li { border-bottom: 1px solid var(--line); padding: .35rem 0; }
summary { cursor: pointer; } .mark { display: inline-block; min-width: 5rem; margin-left: .3rem; font-weight: 600; color: var(--no); }
.mark.fires { color: var(--yes); }
.tag { border: 1px solid var(--line); border-radius: 99px; padding: 0 .6rem; font-size: .82rem; color: var(--soft); white-space: nowrap; }
.tag.runs { color: var(--yes); border-color: var(--yes); }
.k { color: var(--k); } .s { color: var(--s); } .n { color: var(--n); } .c { color: var(--c); font-style: italic; }
.p { color: var(--p); font-weight: 600; }
.lineage { min-width: 44rem; width: 100%; height: auto; } .lineage rect { fill: var(--card); stroke: var(--line); stroke-width: 1.4; }
.lineage .trigger rect { stroke: var(--accent); stroke-width: 2.2; } .lineage .topic rect { stroke-dasharray: 5 4; }
.lineage text { fill: var(--soft); font: 13px system-ui, sans-serif; text-anchor: middle; }
.lineage .title { fill: var(--ink); font-weight: 600; }
.lineage .arrow { fill: none; stroke: var(--soft); stroke-width: 1.4; } .lineage marker path { fill: var(--soft); }
"""
