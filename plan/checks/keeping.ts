import { formatDuration } from "../duration";
import type { Plan } from "../plan";
import { keepsAnything } from "../retention";
import type { Finding } from "./finding";

/** Retention keeps something, and nothing in the plan undoes it. */
export function* keeping(plan: Plan): Iterable<Finding> {
  for (const [name, { retention }] of Object.entries(plan.data)) {
    const at = ["data", name, "retention"];
    if (!keepsAnything(retention)) {
      yield { at, message: "keeps no backup at all (every count is 0); keep at least one, such as daily: 7" };
    }
    for (const key of ["within", "local", "remote"] as const) {
      if (retention[key] === 0) {
        const wayOut =
          key === "local" ? "to keep none at the site, say storage.local: false" : `leave ${key} out, or say how long`;
        yield { at: [...at, key], message: `0s keeps nothing; ${wayOut}` };
      }
    }
    const { remote } = retention;
    if (remote !== undefined && remote > 0 && remote < plan.storage.immutable) {
      const message = `${formatDuration(remote)} is shorter than storage.immutable, so backups are kept ${formatDuration(plan.storage.immutable)} all the same`;
      yield { at: [...at, "remote"], message, doubt: true };
    }
  }
}
