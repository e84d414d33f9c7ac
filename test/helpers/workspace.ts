import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { commonsOf, placeOf, type Place } from "../../components/local/place";
import { killSite } from "../../cli/drill/lose-site";
import type { Known } from "../../agent/contract";
import { ResticRepository } from "../../agent/repository/restic";
import { keyFile } from "../../engines/keys";
import { keptPorts } from "../../engines/ports";
import type { Endpoint } from "../../engines/postgres/sql";
import { commandsIn, configureStack, makeProjectFolder, type Finished, type Running } from "./project-folder";

export type { Finished, Running };

const project = path.join(__dirname, "../..");

/** A project of its own beside the clone's: same code, its own stacks, state and sites, all in one folder. */
export interface Workspace {
  readonly folder: string;
  readonly location: string;
  readonly place: (site: string) => Place;
  readonly endpoint: (site: string, user?: Endpoint["user"]) => Endpoint;
  /** Runs `pulumi` as it stands, with no question asked. */
  readonly pulumi: (...args: string[]) => Finished;
  /** `pulumi up` of a stack that must succeed. */
  readonly up: (stack: string, ...args: string[]) => Finished;
  readonly dr: (...args: string[]) => Finished;
  /** Starts one of both, while everything else goes on. */
  readonly start: (program: "pulumi" | "pulumi-dr", ...args: string[]) => Running;
  /** What a bucket says that it holds, with the plan's key and nothing else. */
  readonly backups: (bucket: string, source: string) => Promise<readonly Known[]>;
  readonly remove: () => void;
}

/** The project's files, and what reads them or the servers: no stack is there yet. */
export type ProjectFiles = Omit<Workspace, "up" | "remove">;

const PLAN = "cotai";
const SITES = ["prod", "dr"];

const STACKS = { prod: "dr:activation: active", dr: "dr:activation: standby", dns: "dr:liveSite: prod" };

/** State of the three stacks, nothing made yet: the same for each workspace, so Pulumi is asked for it once in a process. */
let newStacks: ReadonlyMap<string, Buffer> | undefined;

/** @param change What is different from CotAi's plan.  @default - nothing */
export function makeWorkspace(change?: (plan: string) => string): Workspace {
  const at = makeProject(change);
  const must = (done: Finished): Finished => {
    if (done.code !== 0) throw new Error(done.output);
    return done;
  };
  const state = path.join(at.folder, ".dr/state");
  if (!newStacks) for (const stack of Object.keys(STACKS)) must(at.pulumi("stack", "init", stack));
  newStacks ??= new Map(filesBelow(state).map((file) => [path.relative(state, file), readFileSync(file)]));
  for (const [name, content] of newStacks) {
    mkdirSync(path.dirname(path.join(state, name)), { recursive: true });
    writeFileSync(path.join(state, name), content);
  }
  return {
    ...at,
    up: (stack, ...args) => must(at.pulumi("up", "--stack", stack, "--yes", "--skip-preview", ...args)),
    remove: () => removeProject(at),
  };
}

/** Ends what runs in a project, and removes it. */
export function removeProject({ folder, location }: Pick<Workspace, "folder" | "location">): void {
  killSite(location);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/** Writes a project: its plan, and the values of its three stacks. */
export function makeProject(change: (plan: string) => string = (plan) => plan): ProjectFiles {
  const folder = makeProjectFolder();
  const location = path.join(folder, "sites");
  writeFileSync(path.join(folder, "plan.yaml"), change(readFileSync(path.join(project, "plans/cotai.yaml"), "utf8")));
  for (const [stack, value] of Object.entries(STACKS))
    configureStack(folder, stack, ["dr:plan: plan.yaml", "dr:platform: local", `dr:root: ${location}`, value]);
  const { run, start } = commandsIn(folder);

  const all = { location, plan: PLAN, all: SITES };
  return {
    ...{ folder, location },
    pulumi: (...args) => run("pulumi", args),
    place: (site) => placeOf(all, site),
    endpoint(site, user = "postgres") {
      const { keysFolder, portRegistry } = commonsOf(all);
      const database = user === "app" ? { database: "cotai" } : {};
      return {
        address: placeOf(all, site).address,
        port: keptPorts(portRegistry)["postgres"]!,
        keysFolder,
        user,
        ...database,
      };
    },
    dr: (...args) => run("pulumi-dr", args),
    start: (program, ...args) => start(program, args),
    async backups(bucket, source) {
      if (!existsSync(path.join(bucket, "restic/config"))) return [];
      const passwordFile = keyFile(commonsOf(all).keysFolder, "restic");
      const place = {
        name: "own",
        url: path.join(bucket, "restic"),
        passwordFile,
        cacheFolder: path.join(folder, "cache"),
      };
      return new ResticRepository(place).list(source);
    },
  };
}

/** Asks again until the answer is yes; throws with what was waited for. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 90_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await new Promise((r) => setTimeout(r, 50))) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
  }
}

/** All files below a folder. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Files of a pgBackRest backup that hold data: one for each of the server's, or bundles of them. */
export const dataFilesOf = (backup: string): string[] =>
  filesBelow(backup).filter((file) => /^(pg_data|bundle)$/.test(path.relative(backup, file).split(path.sep)[0]!));
