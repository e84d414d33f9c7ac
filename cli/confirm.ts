import { createInterface } from "node:readline/promises";
import { UsageError } from "./project";

/** Where a person is asked.  @default - the terminal, beside standard output */
export interface Asked {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks for a word to be typed before something is lost for good. Without a terminal `--yes` must say it. */
export async function confirmByTyping(
  word: string,
  consequence: string,
  { input, output }: Asked = { input: process.stdin, output: process.stderr },
): Promise<void> {
  const lines = consequence.includes("\n") ? "\n" : " ";
  if (!input.isTTY) throw new UsageError(`${consequence}${lines}Nobody is there to confirm it; say --yes`);
  const prompt = createInterface({ input, output });
  // Ctrl-C and Ctrl-D close it and answer nothing.
  const closed = new AbortController();
  prompt.once("close", () => closed.abort());
  try {
    const typed = await prompt
      .question(`${consequence}\nType ${word} to go on: `, { signal: closed.signal })
      .catch(() => "");
    if (typed.trim() !== word)
      throw new UsageError(`not confirmed: expected ${word}, got ${typed.trim() || "nothing"}. Nothing was changed`);
  } finally {
    prompt.close();
  }
}
