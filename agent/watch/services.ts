import type { Measurement } from "../alerts/rules";
import type { AgentConfig } from "../config";

const PATIENCE_MS = 10_000;
/** Answers that the error rate is taken of: with so many, a single one that is lost raises nothing at 5 per cent. */
const ANSWERS = 20;

/** Asks services whether they are well, as their health paths say, and keeps the share of answers that said no. */
export function serviceWatch(services: AgentConfig["services"]): () => Promise<Measurement[]> {
  const answers = new Map<string, readonly boolean[]>();
  return async () => {
    const asked = services.map(async ({ name, url }): Promise<Measurement[]> => {
      const isWell = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "manual" }).then(
        async (response) => (await response.body?.cancel(), response.ok),
        () => false,
      );
      const last = [...(answers.get(name) ?? []), isWell].slice(-ANSWERS);
      answers.set(name, last);
      const failed = (last.filter((well) => !well).length / last.length) * 100;
      return [
        { rule: "serviceDown", source: name, value: !isWell },
        // Few answers say nothing of a share.
        { rule: "errorRate", source: name, value: last.length < ANSWERS ? undefined : failed },
      ];
    });
    return (await Promise.all(asked)).flat();
  };
}
