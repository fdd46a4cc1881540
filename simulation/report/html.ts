/** `index.html`: one file with everything in it, no script, light and dark, made to be printed too. */
import type { Block, Document, Section } from "./document.ts";
import { pageStyle } from "./style.ts";
import { type Table, verdictMarks } from "./table.ts";

/** `drawings` holds the inline SVG of each figure by its name. */
export function htmlOf(document: Document, drawings: ReadonlyMap<string, string>): string {
  const { title, headline, facts, verdicts, sections, command } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Quorum KV · quorum sweep</p>
<h1>${escaped(title)}</h1>
<p class="headline">${escaped(headline)}</p>
<p class="facts">${escaped(facts)}</p>
</header>
<section aria-labelledby="verdicts">
<h2 id="verdicts">Verdicts</h2>
<ul class="verdicts">
${verdicts.map(verdictItem).join("\n")}
</ul>
</section>
${sections.map((section) => sectionHtml(section, drawings)).join("\n")}
<section>
<h2>Reproduce</h2>
<pre><code>${escaped(command)}</code></pre>
</section>
</main>
</body>
</html>
`;
}

const verdictItem = ({ state, title, detail }: Document["verdicts"][number]): string =>
  `<li class="${state}"><span class="mark">${verdictMarks[state]}</span>` +
  `<span><strong>${escaped(title)}</strong><br>${escaped(detail)}</span></li>`;

const sectionHtml = ({ title, blocks }: Section, drawings: ReadonlyMap<string, string>): string =>
  `<section>\n<h2>${escaped(title)}</h2>\n` +
  `${blocks.map((block) => blockHtml(block, drawings)).join("\n")}\n</section>`;

function blockHtml(block: Block, drawings: ReadonlyMap<string, string>): string {
  switch (block.type) {
    case "text":
      return `<p>${escaped(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
    case "table":
      return tableHtml(block.table);
    case "figure": {
      const { name, title, caption } = block.figure;
      return (
        `<figure id="${name}">\n<h3>${escaped(title)}</h3>\n` +
        `<div class="drawing">${drawings.get(name) ?? ""}</div>\n` +
        `<figcaption>${escaped(caption)}</figcaption>\n</figure>`
      );
    }
  }
}

/** A head of empty names is no head: such a table lists properties. */
function tableHtml([head = [], ...rows]: Table): string {
  const named = head.some((name) => name !== "");
  const headHtml = named
    ? `<thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr></thead>`
    : "";
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join("")}</tr>`).join("\n");
  // Wide tables scroll by themselves; the page does not.
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="table">` +
    `<table class="${named ? "data" : "properties"}">${headHtml}<tbody>${body}</tbody></table></div>`
  );
}

function cellHtml(cell: string, index: number): string {
  if (index === 0) return `<th scope="row">${escaped(cell)}</th>`;
  const numeric = /^[−+\d–][\d.,\s–−+]*(ms|%)?$/.test(cell);
  return `<td${numeric ? ' class="number"' : ""}>${escaped(cell)}</td>`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
