/** The report as Markdown, as GitHub renders it. */
import type { Document } from "./document.ts";
import { type Table, verdictMarks } from "./table.ts";

/** `report.md`: the same report for readers of plain text and repositories. */
export function markdownOf(document: Document): string {
  const { title, headline, verdicts, facts, sections, command } = document;
  const parts = [
    `# ${title}`,
    `**${headline}**`,
    facts,
    "## Verdicts",
    markdownTable([
      ["verdict", "promise", "found"],
      ...verdicts.map((one) => [verdictMarks[one.state], one.title, one.detail]),
    ]),
  ];
  for (const section of sections) {
    parts.push(`## ${section.title}`);
    for (const block of section.blocks) {
      if (block.type === "text") parts.push(block.text);
      if (block.type === "list") parts.push(block.items.map((item) => `- ${item}`).join("\n"));
      if (block.type === "table") parts.push(markdownTable(block.table));
      if (block.type === "figure") {
        const { name, title: alt, caption } = block.figure;
        parts.push(`### ${alt}`, `![${alt}](figures/${name}.svg)`, `*${caption}*`);
      }
    }
  }
  parts.push("## Reproduce", `\`\`\`sh\n${command}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

/** A pipe table. Bars within cells are escaped. */
function markdownTable(table: Table): string {
  const [head = [], ...rows] = table;
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
