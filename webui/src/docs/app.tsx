/** The API as a page: every call of the OpenAPI document, found by search, by group, or by its address. */
import { useEffect, useRef, useState } from "preact/hooks";
import { nextTheme, theme } from "../state/preferences.ts";
import { CallCard, Fields } from "./call.tsx";
import { type Call, callsOf, matches, type OpenApi, problemsOf } from "./document.ts";
import { Prose } from "./prose.tsx";

export function App({ document }: { readonly document: OpenApi }) {
  const [words, setWords] = useState("");
  const named = useAddress();
  const calls = callsOf(document).filter((call) => matches(call, words.trim()));
  const groups = document.tags
    .map(({ name, description }) => ({
      ...{ name, description },
      calls: calls.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter((group) => group.calls.length > 0);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Top version={document.info.version} words={words} onWords={setWords} />
      <div class="layout">
        <Contents groups={groups} />
        <main id="main" tabIndex={-1}>
          <h1>The API of Quorum KV</h1>
          {words === "" && <Prose text={document.info.description} />}
          <p role="status" class="dim">
            {calls.length === 1 ? "1 call" : `${calls.length} calls`}
          </p>
          {groups.map((group) => (
            <section key={group.name} aria-labelledby={`group-${group.name}`}>
              <h2 id={`group-${group.name}`}>{group.name}</h2>
              <Prose text={group.description} />
              {group.calls.map((call) => (
                <CallCard
                  key={call.operation.operationId}
                  document={document}
                  call={call}
                  open={call.operation.operationId === named}
                />
              ))}
            </section>
          ))}
          {words === "" && <Problems document={document} />}
        </main>
      </div>
    </>
  );
}

/** What the address names. Its card may be there only after the page is made, so it is shown from here. */
function useAddress(): string {
  const [named, setNamed] = useState(location.hash.slice(1));
  useEffect(() => {
    const follow = () => setNamed(location.hash.slice(1));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    if (named !== "") window.document.getElementById(named)?.scrollIntoView();
  }, [named]);
  return named;
}

function Top(props: {
  readonly version: string;
  readonly words: string;
  readonly onWords: (words: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "t") nextTheme();
      if (event.key !== "/") return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  const symbols = { system: "◐", light: "☀", dark: "☾" };
  return (
    <header class="top">
      <a href="./">Quorum KV</a>
      <span class="dim">{props.version}</span>
      <input
        ref={field}
        type="search"
        placeholder="Search (/)"
        aria-label="Search calls"
        aria-keyshortcuts="/"
        value={props.words}
        onInput={(event) => props.onWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") props.onWords("");
        }}
      />
      <a href="./openapi.json">openapi.json</a>
      <button
        type="button"
        title={`Theme: ${theme.value} (t)`}
        aria-label={`Theme: ${theme.value}. Change`}
        onClick={nextTheme}
      >
        <span aria-hidden="true">{symbols[theme.value]}</span>
      </button>
    </header>
  );
}

function Contents(props: {
  readonly groups: readonly { readonly name: string; readonly calls: readonly Call[] }[];
}) {
  return (
    <nav class="contents" aria-label="Calls">
      {props.groups.map(({ name, calls }) => (
        <div key={name}>
          <p class="dim">{name}</p>
          <ul>
            {calls.map(({ method, path, operation: { operationId } }) => (
              <li key={operationId}>
                <a href={`#${operationId}`}>
                  <span class={`method ${method.toLowerCase()}`}>{method}</span> {path}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p>
        <a href="#errors">Errors</a>
      </p>
    </nav>
  );
}

function Problems({ document }: { readonly document: OpenApi }) {
  return (
    <section aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <p>
        Content type <code>application/problem+json</code>; the code says what happened.
      </p>
      {problemsOf(document).map(([code, schema]) => (
        <article key={code} id={code} class="problem">
          <h3>{code}</h3>
          <Prose text={schema.description ?? ""} />
          <Fields document={document} schema={schema} />
        </article>
      ))}
    </section>
  );
}
