import type { Decision, Look } from "./decide";
import { headOf, jsonOf, linesOf, newsOf } from "./say";

export interface Teller {
  readonly say: (text: string) => void;
  readonly tell: (look: Look, decision: Decision) => void;
}

/** Lines when something changes; on a terminal a line below them that shows that it looks. */
export function createTeller(plan: string, json: boolean): Teller {
  const isLive = process.stdout.isTTY && !json;
  let last = "";
  const time = () => new Date().toISOString().slice(0, 19).replace("T", " ");
  const print = (text: string) =>
    void (json ? process.stderr : process.stdout).write(`${isLive ? "\r\x1b[K" : ""}${text}\n`);
  return {
    say: (text) => print(`${time()} ${text}`),
    tell(look, decision) {
      const news = newsOf(look, decision);
      if (news !== last && json) process.stdout.write(`${jsonOf(plan, look, decision)}\n`);
      else if (news !== last) print(`${time()} ${linesOf(look, decision).join("\n")}`);
      last = news;
      if (isLive)
        process.stdout.write(
          `\r\x1b[K${time()} ${look.sight.site}: ${headOf(decision)}`.slice(0, (process.stdout.columns || 120) + 4),
        );
    },
  };
}
