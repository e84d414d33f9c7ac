import { createRedactor } from "../../agent/redaction";
import { secretReader } from "../../agent/secrets";
import { commonsOf } from "../../components/local/place";
import { readProject, UsageError } from "../project";
import { lookAt, refuseUnwatchable } from "./probes";
import { startWitness } from "./witness";

/** `pulumi-dr witness`: answers watches, from a third place, what it sees from there. */
export async function witness({ listen }: { readonly listen: string }): Promise<void> {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(listen);
  if (!match) throw new UsageError(`--listen must be host:port, such as 0.0.0.0:8901; got ${listen}`);
  const project = readProject();
  refuseUnwatchable(project);
  const { plan, location, sites } = project;
  const name = plan.failover.witnessToken;
  const token = secretReader(commonsOf({ location, plan: plan.name }), createRedactor())(name);
  if (token === undefined)
    throw new UsageError(`secret ${name} is not set; put it in the environment, the same as the watch has`);
  const { url, close } = await startWitness({
    ...{ host: match[1] ?? match[2]!, port: Number(match[3]), token, sites },
    look: (site) => lookAt(project, site),
  });
  process.stdout.write(`${plan.name}: a witness answers on ${url}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void close());
}
