import type { Query } from "../../agent/sources/postgresql/scratch";
import { keptPorts } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { readAuthority, type AuthorityLookup } from "../authority";
import { lsnToNumber } from "../postgres/history";
import { mayRestore, type Asked } from "../postgres/may-restore";
import { recoveryOf, type Recovery } from "../postgres/recovery-note";
import { isUnknown, type Resource } from "../resource";
import type { Tell } from "../tell";

export interface RestoreInputs {
  readonly site: string;
  /** The site that was said to be lost, whose backups these are. */
  readonly lostSite: string;
  /** Where the copy of its bucket is that this site reaches without it: an address, as the agent is told of one. */
  readonly bucket: string;
  /** What the database's backups go by in the bucket, and pgBackRest's name of its cluster. */
  readonly source: string;
  readonly stanza: string;
  readonly database: string;
  /** Folder of the server that is filled, and where that answers. */
  readonly folder: string;
  readonly address: string;
  readonly portRegistry: string;
  readonly portName: string;
  readonly keysFolder: string;
  readonly secretsFolder: string;
  readonly authority: AuthorityLookup;
  /** `latest`, a moment in ISO 8601, or the id of a backup.  @default - nobody said it: latest, unless this site is live */
  readonly recoverFrom?: string;
  /** Where the lost site was fenced, if it still answered: what is restored is measured by it. */
  readonly fencedAt?: string;
  /** Queries by which the plan proves a copy.  @default [] */
  readonly queries?: readonly Query[];
  /** What the check found: the epoch that the lost site held. Another one is another loss. */
  readonly lostEpoch?: number;
}

export interface RestoreOutputs extends RestoreInputs {
  /** Names this restore; a server that was filled by another one starts anew. Absent if this site was live already. */
  readonly recovery?: string;
  readonly backup?: string;
  /** The newest commit that is in it, in ISO 8601. */
  readonly lastCommit?: string;
}

/** Fills a database from the backups of a site that is lost. It never takes the place of a live one. */
export const restore: Resource<RestoreInputs, RestoreOutputs> = {
  inputs: [
    ...(["site", "lostSite", "bucket", "source", "stanza", "database", "folder", "address", "portRegistry"] as const),
    ...(["portName", "keysFolder", "secretsFolder", "authority", "recoverFrom", "fencedAt", "queries"] as const),
    "lostEpoch",
  ],
  mayBeAbsent: ["recovery", "backup", "lastCommit"],
  replaceOn: ["folder", "database"],

  async check(given, old, tell) {
    if (isUnknown(given.folder) || isUnknown(given.bucket)) return {};
    const lostEpoch = await lostEpochOf(given, old);
    const inputs = { ...given, ...(lostEpoch === undefined ? {} : { lostEpoch }) };
    if (old && old.recoverFrom === inputs.recoverFrom && old.lostEpoch === lostEpoch) return { inputs };
    try {
      const { what } = await decide(inputs);
      if (what === "restore") {
        const { describeOffer, findOffer } = await import("../postgres/offer");
        const offer = await findOffer(placeOf(inputs), askedOf(inputs).recoverFrom);
        tell?.(`recovers ${inputs.portName} from ${describeOffer(offer, new Date())}`);
      }
      return { inputs };
    } catch (error) {
      return { inputs, failures: [{ property: "recoverFrom", reason: (error as Error).message }] };
    }
  },

  async create(inputs, tell) {
    return { id: `${inputs.folder}<${inputs.lostSite}`, outs: await bringBack(inputs, tell) };
  },

  update: (_old, inputs, tell) => bringBack(inputs, tell),

  // What was restored stays: it is the database.
};

/** As the record says while it names the lost site; after that, and while it cannot be read, as it was. */
async function lostEpochOf({ authority, lostSite }: RestoreInputs, old?: RestoreOutputs): Promise<number | undefined> {
  try {
    const live = await readAuthority(authority);
    return live?.site === lostSite ? live.epoch : old?.lostEpoch;
  } catch (error) {
    if (old) return old.lostEpoch;
    throw error;
  }
}

async function bringBack(inputs: RestoreInputs, tell: Tell): Promise<RestoreOutputs> {
  const { what, recovery: found, promoted, asked, authority } = await decide(inputs);
  const { isBehind, recover } = await import("../postgres/recover");
  const isStale = what === "done" && !promoted && (await isBehind(placeOf(inputs), found!));
  if (what !== "restore" && !isStale) {
    tell(what === "live" ? `${inputs.site} is live: nothing is restored` : `restored before, from ${found!.backup}`);
    return { ...inputs, ...(found ? learned(found) : {}) };
  }
  const { folder, database, queries = [] } = inputs;
  const refuseLive = async () => {
    const now = await decide(inputs);
    if (now.what === "restore" || (now.what === "done" && !now.promoted)) return;
    throw new Error(`${inputs.site} became live while its copy was restored. Nothing was replaced`);
  };
  const made = await recover({ folder, database, asked, authority, queries, place: placeOf(inputs), refuseLive }, tell);
  sayLoss(inputs, made, tell);
  return { ...inputs, ...learned(made) };
}

const learned = ({ id: recovery, backup, lastCommit }: Recovery) => ({ recovery, backup, lastCommit });

const placeOf = ({ bucket, source, stanza, keysFolder, secretsFolder }: RestoreInputs) => ({
  ...{ bucket, source, stanza, keysFolder, secretsFolder },
});

const askedOf = ({ recoverFrom, lostSite, lostEpoch }: RestoreInputs): Asked => ({
  ...{ recoverFrom: recoverFrom || "latest", lostSite },
  ...(lostEpoch ? { lostEpoch } : {}),
});

/** What to do in this place. Throws where a restore would take the place of a live database. */
async function decide(inputs: RestoreInputs) {
  const { folder, site } = inputs;
  const authority = await readAuthority(inputs.authority);
  const asked = askedOf(inputs);
  const hasData = cluster.hasData(folder);
  const recovery = hasData ? recoveryOf(folder) : undefined;
  const promoted = recovery ? (await cluster.readEnding(folder)).timeline > recovery.timeline : false;
  const what = mayRestore(
    site,
    { ...asked, inWords: Boolean(inputs.recoverFrom) },
    {
      ...{ hasData, authority, writes: hasData && (await writes(inputs)) },
      ...(recovery ? { restored: { asked: recovery.asked, promoted } } : {}),
    },
  );
  return { what, asked, authority, recovery, promoted };
}

/** Whether the server that runs on this folder takes writes. One that does not say is taken to do so. */
async function writes({ folder, address, portRegistry, portName, keysFolder }: RestoreInputs): Promise<boolean> {
  if (cluster.runningPid(folder) === undefined) return false;
  const port = keptPorts(portRegistry)[portName];
  if (port === undefined) return true;
  try {
    return (await connected({ address, port, keysFolder }, serverState)).role === "primary";
  } catch {
    return true;
  }
}

function sayLoss(
  { lostSite, fencedAt, recoverFrom }: RestoreInputs,
  { lsn, lastCommit, backup }: Recovery,
  tell: Tell,
) {
  const from = `restored from ${backup}, up to the commit of ${lastCommit}`;
  if (!fencedAt || !lsn || (recoverFrom && recoverFrom !== "latest"))
    return tell(`${from}; what ${lostSite} committed after that is lost with it`, "warning");
  const missing = lsnToNumber(fencedAt) - lsnToNumber(lsn);
  if (missing <= 0n)
    return tell(`${from}: everything that ${lostSite} had written before it was fenced; nothing is lost`);
  tell(`${from}; LOST: the last ${missing} bytes of WAL of ${lostSite}, which it had not archived`, "warning");
}
