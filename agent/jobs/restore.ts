import * as path from "node:path";
import type { RestoreOrder } from "../api/ports";
import type { AgentConfig } from "../config";
import type { ReadableRepository, RestoreRequest, Source, TargetRefusal } from "../contract";
import { RepositoryError } from "../repository/refusal";
import { need } from "../alerts/secrets";
import type { Work } from "./queue";
import { sourceOf, type Named, type Setup } from "./setup";
import { refusalOfTarget } from "../target";

/** Why a restore cannot be done as things are just now; undefined if it can. Nothing is changed, and no repository is asked. */
export async function refusalOf(setup: Setup, order: RestoreOrder): Promise<TargetRefusal | undefined> {
  const { backup, target } = order;
  const wrong = refusalOfTarget(backup, target) ?? refusalOfPlace(setup.config, backup.kind, target);
  if (wrong) return wrong;
  const one = sourceOf(setup, backup.source);
  return one.source.refusalOfTarget(backup, requestOf(setup, one, order));
}

/** What a restore empties must not be what the agent itself lives on: its backups, keys, secrets and notes. */
export function refusalOfPlace(
  config: Pick<AgentConfig, "folder" | "keysFolder" | "secretsFolder" | "repositories" | "inherited">,
  kind: Source["kind"],
  target: string | undefined,
): TargetRefusal | undefined {
  if (target === undefined || !path.isAbsolute(target)) return undefined;
  const own = [
    config.folder,
    config.keysFolder,
    config.secretsFolder,
    ...[...config.repositories, ...(config.inherited ?? [])].map(({ bucket }) => bucket),
  ];
  // Files go below the target under their whole path, so that it may well hold one of these.
  const hit = own
    .filter((one) => path.isAbsolute(one))
    .find((one) => isIn(target, one) || (kind !== "files" && isIn(one, target)));
  return hit === undefined
    ? undefined
    : { rule: `must not touch ${hit}, which the agent itself needs`, way: "Name another folder" };
}

const isIn = (one: string, folder: string) => !/^\.\.(\/|$)/.test(path.relative(folder, one));

function requestOf(setup: Setup, one: Named, { target, drop, time }: RestoreOrder): RestoreRequest {
  const place = target ?? itself(setup, one);
  setup.redactor.hide(passwordIn(place));
  return { target: place, drop, ...(time === undefined ? {} : { time }) };
}

/** Brings one backup back, out of the first repository that can give it: the site's own, or a copy of another's. */
export async function restore(setup: Setup, order: RestoreOrder, work: Work): Promise<void> {
  const { backup } = order;
  const refusal = await refusalOf(setup, order); // anew: it may have waited for its turn
  if (refusal) throw new Error(`the target of a restore of ${backup.id} ${refusal.rule}. ${refusal.way}`);
  const one = sourceOf(setup, backup.source);
  const request = requestOf(setup, one, order);
  const faults: string[] = [];
  for (const repository of [...setup.repositories, ...setup.inherited]) {
    work.refuseIfEnding();
    try {
      const held = (await repository.list(backup.source)).find((known) => known.backup.id === backup.id);
      if (!held) continue;
      await bringBack(setup, one, { ...order, backup: held.backup }, repository, request, work);
      return;
    } catch (error) {
      // A repository that cannot give it is no reason to give up; a target that cannot take it is.
      if (!(error instanceof RepositoryError)) throw error;
      faults.push(error.message);
    }
  }
  throw new Error([`no repository could give ${backup.id}`, ...faults].join("\n"));
}

async function bringBack(
  { log, metrics }: Setup,
  { source, name }: Named,
  { backup }: RestoreOrder,
  repository: ReadableRepository,
  request: RestoreRequest,
  work: Work,
): Promise<void> {
  const began = Date.now();
  const about = { source: name, backup: backup.id, repository: repository.name };
  log.info("restore-started", about);
  await source.restore(backup, repository, request, work.onProgress);
  const seconds = (Date.now() - began) / 1000;
  metrics.restoreEnded({ source: name, seconds });
  work.onBackup(backup.id);
  log.info("restored", { ...about, seconds });
}

/** Where the source itself is; whoever asked has confirmed it by its name. */
function itself({ config, secret }: Setup, { name, entry }: Named): string {
  switch (entry.engine) {
    case "postgresql": {
      const server = config.sources.find((one) => one.name === name.split(".")[0])?.postgresql;
      if (!server) throw new Error(`${name} has no server at this site`);
      const { address, port } = server.endpoint;
      return `postgresql://postgres@${address}:${port}/${entry.database}`;
    }
    case "mongodb":
      return need(secret, entry.address);
    case "redis":
      throw new Error(`${name} is restored into the data folder of a stopped server`);
    case "files":
    case "configuration":
      return "/"; // each lies there under the path that it had
  }
}

const passwordIn = (target: string) => (URL.canParse(target) ? new URL(target).password || undefined : undefined);
