import * as path from "node:path";
import { refusalOfTarget } from "../../agent/target";
import { UsageError } from "../project";
import type { Entry } from "./client";

/**
 * Where a restore goes, as the agent takes it: a full path or a server's address; undefined for the source itself. `env:NAME`
 * stands for what the environment holds, because an address may hold a password and everybody can read arguments.
 */
export function targetOf(
  entry: Pick<Entry, "id" | "engine" | "kind">,
  to: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const target = to === undefined ? undefined : written(to, environment);
  const refusal = refusalOfTarget(entry, target);
  if (!refusal) return target;
  const { rule, way } = refusal;
  throw new UsageError(
    `the target of ${entry.id} (${entry.engine}, ${entry.kind}) ${rule}${to === undefined ? "; got --in-place" : `; got --to ${shown(to)}`}. ${way}`,
  );
}

const isAddress = (text: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
const hasPassword = (text: string) => /^[^/]*\/\/[^/@]*:[^/]*@/.test(text);
const shown = (to: string) => (hasPassword(to) ? "an address with a password" : to);

function written(to: string, environment: NodeJS.ProcessEnv): string {
  const [, name] = /^env:(.+)$/.exec(to) ?? [];
  if (name === undefined && isAddress(to) && hasPassword(to))
    throw new UsageError(
      "--to must not hold a password: everybody on this machine can read arguments. Put the address into the environment and name it: --to env:RESTORE_TARGET",
    );
  const text = name === undefined ? to : environment[name];
  if (!text) throw new UsageError(`--to names ${to}, and the environment has no ${name}`);
  return isAddress(text) ? text : path.resolve(text);
}
