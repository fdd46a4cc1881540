/** The style sheet of the report. It stands in the page itself, which loads nothing. */
import { darkRules, palette } from "./figures/palette.ts";

const light = `--page:#ffffff;--card:#f6f8fa;--line:#dde3ea;--ink:${palette.ink.light};--muted:${palette.muted.light};--accent:${palette.measured.light};--good:#12703c;--bad:${palette.limit.light};--open:#7a5200`;
const dark = `--page:#11171d;--card:#1a222b;--line:#2f3a45;--ink:${palette.ink.dark};--muted:${palette.muted.dark};--accent:${palette.measured.dark};--good:#6fd195;--bad:${palette.limit.dark};--open:#f0c674`;

/** Dark only on dark screens: paper is always light. */
export const pageStyle = `
:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}${darkRules(".drawing ")}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:880px;margin:0 auto;padding:48px 24px 72px}
.kicker{margin:0;color:var(--muted);font-size:14px;letter-spacing:.02em}
h1{margin:.1em 0 .5em;font-size:34px;line-height:1.2;letter-spacing:-.01em}
h2{margin:2.2em 0 .7em;padding-bottom:.3em;border-bottom:1px solid var(--line);font-size:22px;line-height:1.3}
h3{margin:0 0 .6em;font-size:17px}
.headline{margin:0 0 1em;font-size:21px;line-height:1.45;font-weight:500}
.facts{color:var(--muted)}
.verdicts{list-style:none;margin:0;padding:0;display:grid;gap:10px}
.verdicts li{display:grid;grid-template-columns:9.5em 1fr;gap:12px;padding:12px 16px;background:var(--card);border-left:4px solid var(--state);border-radius:4px}
.verdicts .mark{color:var(--state);font-weight:600}
.passed{--state:var(--good)}.failed{--state:var(--bad)}.inconclusive{--state:var(--open)}
figure{margin:0 0 40px;break-inside:avoid}
.drawing svg{display:block;width:100%;height:auto}
figcaption{margin-top:10px;color:var(--muted);font-size:14.5px;line-height:1.5}
.scroll{overflow-x:auto;margin:1em 0}.data{font-size:13.5px}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}
th,td{padding:7px 8px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:600;vertical-align:bottom}
tbody th{font-weight:600}
td:last-child{white-space:nowrap}.wrap td{white-space:normal}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.properties th{width:38%;color:var(--muted);font-weight:500}
pre{overflow-x:auto;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:4px;font-size:14px}
li{margin:.35em 0}
@media (max-width:560px){main{padding:24px 16px}h1{font-size:27px}.headline{font-size:18px}.verdicts li{grid-template-columns:1fr;gap:2px}}
@media print{@page{margin:16mm}main{max-width:none;padding:0}body{font-size:11pt}h2{break-after:avoid}.scroll{overflow:visible}table{font-size:8pt}th,td{padding:4px 5px}.verdicts li,tr{break-inside:avoid}}
`;
