/** One call: what it takes, what it answers, and examples for a shell. */
import {
  answerOf,
  type Call,
  codesOf,
  curlOf,
  fieldsOf,
  type Media,
  nameOf,
  type OpenApi,
  type Schema,
  typeOf,
  variantsOf,
} from "./document.ts";
import { Prose } from "./prose.tsx";

interface CallProps {
  readonly document: OpenApi;
  readonly call: Call;
}

/** Closed at first; the address can name it. */
export function CallCard({ document, call, open }: CallProps & { readonly open: boolean }) {
  const { method, path, operation } = call;
  const { operationId, summary, description } = operation;
  const needs = operation["x-needs"];
  return (
    <details class="call" id={operationId} open={open}>
      <summary>
        <span class={`method ${method.toLowerCase()}`}>{method}</span>
        <code class="path">{path}</code>
        <span class="call-summary">{summary}</span>
      </summary>
      <div class="call-body">
        {description !== undefined && <Prose text={description} />}
        <p class="dim">
          {needs === "open" ? "Needs no token." : `Where nodes have tokens, needs: ${needs}.`}{" "}
          <a href={`#${operationId}`}>Link to {operationId}</a>
        </p>
        <Takes document={document} call={call} />
        <Examples document={document} call={call} />
        <h3>Answers</h3>
        <Answers document={document} call={call} />
      </div>
    </details>
  );
}

function Takes({ document, call: { operation } }: CallProps) {
  const { parameters = [], requestBody } = operation;
  const body = requestBody?.content["application/json"]?.schema;
  return (
    <>
      {parameters.length > 0 && (
        <>
          <h3>Parameters</h3>
          <Rows
            label="Parameters"
            rows={parameters.map((one) => ({
              name: one.name,
              note: one.in,
              type: typeOf(document, one.schema),
              description: one.description,
            }))}
          />
        </>
      )}
      {body !== undefined && (
        <>
          <h3>Body</h3>
          <Fields document={document} schema={body} />
        </>
      )}
    </>
  );
}

function Examples({ call }: CallProps) {
  const examples = Object.entries(call.operation["x-examples"]);
  if (examples.length === 0) return null;
  const base = new URL(".", location.href).href;
  return (
    <>
      <h3>Examples</h3>
      {examples.map(([name, { summary, status }]) => (
        <figure key={name} class="example">
          <figcaption>
            {summary} <span class="dim">→ {status}</span>
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{curlOf(call, name, base)}</pre>
        </figure>
      ))}
    </>
  );
}

function Answers({ document, call: { operation } }: CallProps) {
  return (
    <dl class="answers">
      {Object.entries(operation.responses).map(([status, given]) => {
        const answer = answerOf(document, given);
        const codes = codesOf(document, answer);
        return (
          <div key={status}>
            <dt class={status < "4" ? "good" : "bad"}>{status}</dt>
            <dd>
              {codes.length > 0 ? (
                codes.map((code) => (
                  <a key={code} class="code" href={`#${code}`}>
                    {code}
                  </a>
                ))
              ) : (
                <>
                  <Prose text={answer.description} />
                  {Object.entries(answer.content ?? {}).map(([type, media]) => (
                    <Content key={type} document={document} type={type} media={media} />
                  ))}
                </>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Content(props: {
  readonly document: OpenApi;
  readonly type: string;
  readonly media: Media;
}) {
  const { document, type, media } = props;
  const events = Object.entries(media["x-events"] ?? {});
  const example = Object.values(media.examples ?? {})[0];
  return (
    <>
      <p class="dim">{type}</p>
      {events.map(([name, schema]) => (
        <div key={name} class="variant">
          <h4>
            event <code>{name}</code>
          </h4>
          <Fields document={document} schema={schema} />
        </div>
      ))}
      {events.length === 0 &&
        media.schema !== undefined &&
        variantsOf(document, media.schema).map((schema) => (
          <div key={nameOf(schema)} class="variant">
            {nameOf(schema) !== "" && <h4>{nameOf(schema)}</h4>}
            <Fields document={document} schema={schema} />
          </div>
        ))}
      {example !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre tabIndex={0}>{JSON.stringify(example.value, null, 2)}</pre>
      )}
    </>
  );
}

/** The members of an object; nothing for a schema without any. */
export function Fields(props: { readonly document: OpenApi; readonly schema: Schema }) {
  const fields = fieldsOf(props.document, props.schema);
  if (fields.length === 0) return null;
  return (
    <Rows
      label={`Members of ${nameOf(props.schema) || "the body"}`}
      rows={fields.map(({ name, type, isOptional, description }) => ({
        ...{ name, type, description, note: isOptional ? "optional" : "" },
      }))}
    />
  );
}

interface Row {
  readonly name: string;
  readonly note: string;
  readonly type: string;
  readonly description: string;
}

function Rows({ label, rows }: { readonly label: string; readonly rows: readonly Row[] }) {
  return (
    <dl class="rows" aria-label={label}>
      {rows.map(({ name, note, type, description }) => (
        <div key={name}>
          <dt>
            <code>{name}</code> {note !== "" && <span class="dim">{note}</span>}
          </dt>
          <dd>
            <code class="type">{type}</code> <Prose text={description} inline />
          </dd>
        </div>
      ))}
    </dl>
  );
}
