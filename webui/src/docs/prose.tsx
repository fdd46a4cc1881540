/** The little Markdown that the document has: paragraphs, and code between backticks. */
export function Prose({
  text,
  inline = false,
}: {
  readonly text: string;
  readonly inline?: boolean;
}) {
  if (inline) return <span>{withCode(text)}</span>;
  return (
    <>
      {text.split("\n\n").map((paragraph) => (
        <p key={paragraph}>{withCode(paragraph)}</p>
      ))}
    </>
  );
}

const withCode = (text: string) =>
  text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <code key={`${index}${part}`}>{part}</code> : part));
