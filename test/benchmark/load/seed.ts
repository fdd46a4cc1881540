/** Writes every key that the reads of a load ask for. */
export async function seed(url: string, token?: string): Promise<void> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const keys = Array.from({ length: 1000 }, (_, index) => `key-${index + 1}`);
  for (let from = 0; from < keys.length; from += 100) {
    const puts = keys
      .slice(from, from + 100)
      .map((key) => ({ put: { key, value: "v".repeat(64) } }));
    const answer = await fetch(`${url}/write/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization },
      body: JSON.stringify({ operations: puts }),
    });
    if (!answer.ok) throw new Error(`the store refused to be filled: ${await answer.text()}`);
  }
}
