import * as path from "node:path";
import type { Backup, TargetRefusal } from "./contract";

/** What a restore may go to. */
type Target = "folder" | "server";

const TARGETS: Readonly<Record<string, { readonly into: Target; readonly itself?: string; readonly way: string }>> = {
  "postgresql physical": {
    into: "folder",
    itself: "a physical backup is never restored over a server",
    way: "Name an empty folder as target, and start a server on it; or restore a dump",
  },
  "postgresql logical": { into: "server", way: "Name postgresql://user@host:port/database as target" },
  "mongodb logical": { into: "server", way: "Name mongodb://user:password@host:port/database as target" },
  "redis logical": {
    into: "folder",
    itself: "Redis reads its data only when it starts",
    way: "Stop the server, and name its data folder as target",
  },
  "files files": { into: "folder", way: "Name an absolute path as target" },
  "configuration files": { into: "folder", way: "Name an absolute path as target" },
};

/** Why a backup cannot be restored there, and the way out; undefined if it can. No target: over its source. */
export function refusalOfTarget(
  { engine, kind }: Pick<Backup, "engine" | "kind">,
  target: string | undefined,
): TargetRefusal | undefined {
  const { into, itself, way } = TARGETS[`${engine} ${kind}`]!;
  if (target === undefined) return itself === undefined ? undefined : { rule: `must be given: ${itself}`, way };
  if (into === "folder")
    return path.isAbsolute(target) ? undefined : { rule: "must be the absolute path of a folder", way };
  const scheme = engine === "mongodb" ? /^mongodb(\+srv)?:$/ : /^postgres(ql)?:$/;
  const isServer = URL.canParse(target) && scheme.test(new URL(target).protocol);
  return isServer ? undefined : { rule: "must be the address of a server of the same engine", way };
}
