import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import * as path from "node:path";
import { commonsOf } from "../../components/local/place";
import { makeFolder, own, writeWhole } from "../../engines/files";
import { keptPorts } from "../../engines/ports";
import type { Endpoint } from "../../engines/postgres/sql";
import { makeWorkspace, type Finished, type Workspace } from "../helpers/workspace";
import { listen, type Listener } from "./listener";
import { PLAN, SECRETS, SETTINGS, soakPlan, UPLOADS } from "./plan";
import { startServers, type Server } from "./servers";

export const REPOSITORIES = ["own", "dr"] as const;
export type RepositoryName = (typeof REPOSITORIES)[number];

/** The plan, up at both sites, as its user has it; with the servers that it protects and does not run itself. */
export interface System {
  readonly workspace: Workspace;
  readonly region: string;
  /** Where the agent keeps its state and its log. */
  readonly agent: string;
  readonly agentUrl: string;
  readonly token: string;
  readonly bucket: Readonly<Record<RepositoryName, string>>;
  /** A disk of its own below the far bucket; undefined, with the reason, where there can be none. */
  readonly disk: { readonly folder: string } | { readonly missing: string };
  readonly keysFolder: string;
  /** Folder that the plan's `uploads` and `settings` lie in. */
  readonly files: string;
  readonly endpoint: Endpoint;
  readonly postgres: { readonly folder: string; readonly stanza: string };
  readonly redis: Server & { readonly password: string };
  readonly mongo: Server;
  readonly listener: Listener;
  /** Values that nobody may ever see: what the tester hid in the configuration, passwords, keys. */
  readonly secrets: () => readonly string[];
  /** A secret of the tester's own for a configuration file. */
  readonly canary: () => string;
  /** Runs `pulumi` or `pulumi-dr` in the plan's folder, while everything else goes on. */
  readonly run: (program: "pulumi" | "pulumi-dr", ...args: string[]) => Promise<Finished>;
  readonly remove: (keep: boolean) => Promise<void>;
}

const DISK_MIB = 512;

export async function makeSystem(): Promise<System> {
  const workspace = makeWorkspace(soakPlan);
  const { location, folder } = workspace;
  const prod = workspace.place("prod");
  const { keysFolder, secretsFolder, portRegistry } = commonsOf({ location, plan: PLAN });
  const canaries: string[] = [];
  const keys = new Map<string, string>();
  const canary = () => {
    const made = `canary-${randomBytes(12).toString("hex")}`;
    canaries.push(made);
    return made;
  };

  const far = workspace.place("dr").copyOf("prod");
  const disk = mountDisk(path.join(folder, "disk"), far);
  const files = path.join(prod.region, "files");
  for (const one of [UPLOADS, ...SETTINGS.filter((name) => name.endsWith(".d"))]) makeFolder(path.join(files, one));

  const password = canary();
  const servers = await startServers(path.join(folder, "servers"), password);
  const hook = canary();
  const listener = await listen(`/${hook}`);
  const token = canary();
  makeFolder(secretsFolder, 0o700);
  const secret = (name: string, value: string) => writeWhole(path.join(secretsFolder, name), `${value}\n`);
  secret(SECRETS.mongo, `mongodb://127.0.0.1:${servers.mongo.port}/?directConnection=true`);
  secret(SECRETS.scratch, `mongodb://127.0.0.1:${servers.scratch.port}/?directConnection=true`);
  secret(SECRETS.redis, `redis://:${password}@127.0.0.1:${servers.redis.port}`);
  secret(SECRETS.webhook, `${listener.url}/${hook}`);
  secret(SECRETS.token, token);

  const agent = path.join(prod.region, "agent");
  return {
    ...{ workspace, region: prod.region, agent, token, keysFolder, files, listener, canary },
    get agentUrl() {
      return `http://${prod.address}:${keptPorts(portRegistry)["agent"]}`;
    },
    get endpoint() {
      return workspace.endpoint("prod", "app");
    },
    bucket: { own: prod.bucket, dr: far },
    disk,
    postgres: { folder: path.join(prod.region, "postgres"), stanza: `${PLAN}-postgres` },
    redis: { ...servers.redis, password },
    mongo: servers.mongo,
    secrets: () => [...canaries, ...keysIn(keysFolder, keys)],
    run: (program, ...args) => workspace.start(program, ...args).ended,
    async remove(keep) {
      for (const one of Object.values(servers) as Server[]) await one.stop();
      await listener.close();
      // What happened can stay to be looked at; what runs does not.
      for (const stack of ["dns", "dr", "prod"])
        await workspace.start("pulumi", "destroy", "--stack", stack, "--yes", "--skip-preview").ended;
      if (keep) return;
      if ("folder" in disk) spawnSync("umount", ["--lazy", disk.folder]);
      workspace.remove();
    },
  };
}

/** The keys that are there, each read once. */
function keysIn(folder: string, read: Map<string, string>): Iterable<string> {
  for (const name of ["restic", "repository", "postgres", "replicator", "app"]) {
    const file = path.join(folder, `${name}.key`);
    if (!read.has(name) && existsSync(file)) read.set(name, readFileSync(file, "utf8").trim());
  }
  return read.values();
}

/** A small disk for the far bucket, if this process may mount one; the bucket is a link, so that it can be renamed all the same. */
function mountDisk(folder: string, bucket: string): System["disk"] {
  if (process.getuid!() !== 0) return { missing: "only root can mount a disk to fill" };
  mkdirSync(folder);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "soak", folder], { encoding: "utf8" });
  if (mounted.status !== 0) return { missing: `no disk to fill: ${mounted.stderr.trim()}` };
  const data = path.join(folder, "bucket");
  own(folder);
  makeFolder(data);
  makeFolder(path.dirname(bucket));
  symlinkSync(data, bucket);
  return { folder };
}
