import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Backup, Known, Verdict } from "../contract";

/** A snapshot as `restic snapshots --json` lists it; only what is read here. */
export interface Snapshot {
  readonly id: string;
  readonly time: string;
  readonly tags?: readonly string[];
}

/** What a repository holds: the documents, and the snapshots that hold data. */
export interface Catalogue {
  readonly known: readonly Known[];
  /** Ids of the snapshots that say so, by backup. */
  readonly documents: ReadonlyMap<string, { readonly backup: readonly string[]; readonly verdicts: readonly string[] }>;
  /** Snapshots of data, with the time at which they were made. */
  readonly data: readonly { readonly id: string; readonly time: Date }[];
}

/** An argument may be 128 KiB long, all of them together some MiB. */
const PIECE = 100_000;
const MOST_PIECES = 12;

/**
 * A document as tags: restic lists all snapshots with their tags at once, so that a bare bucket tells what it holds in one
 * step. It is a snapshot's content too, for people.
 */
export function tagsOf(kind: "backup" | "verdict", document: Backup | Verdict): string[] {
  const id = kind === "backup" ? (document as Backup).id : (document as Verdict).backup;
  const packed = deflateRawSync(JSON.stringify(document), { level: 9 }).toString("base64url");
  const pieces = packed.match(new RegExp(`.{1,${PIECE}}`, "g"))!;
  if (pieces.length > MOST_PIECES)
    throw new Error(
      `what ${id} says of itself is too long to be kept: it counts ${Object.keys((document as Backup).counts ?? {}).length} things`,
    );
  return [`kind=${kind}`, `backup=${id}`, ...pieces.map((piece, index) => `document${index}=${piece}`)];
}

function documentOf({ tags = [] }: Snapshot): unknown {
  const pieces = tags.flatMap((tag) => /^document(\d+)=(.*)$/.exec(tag) ?? []);
  const parts: string[] = [];
  for (let at = 0; at < pieces.length; at += 3) parts[Number(pieces[at + 1])] = pieces[at + 2]!;
  return JSON.parse(inflateRawSync(Buffer.from(parts.join(""), "base64url")).toString());
}

const valueOf = ({ tags = [] }: Snapshot, name: string) =>
  tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1);

/** What a list of snapshots says, oldest backup first. A verdict on a backup that is not there says nothing. */
export function readCatalogue(snapshots: readonly Snapshot[]): Catalogue {
  const backups = new Map<string, { backup: Backup; verdicts: Verdict[] }>();
  const documents = new Map<string, { backup: string[]; verdicts: string[] }>();
  const data: { id: string; time: Date }[] = [];
  for (const snapshot of snapshots) {
    const kind = valueOf(snapshot, "kind");
    if (kind === "data") data.push({ id: snapshot.id, time: new Date(snapshot.time) });
    if (kind !== "backup") continue;
    const backup = documentOf(snapshot) as Backup;
    if (!backups.has(backup.id)) backups.set(backup.id, { backup, verdicts: [] });
    const ids = documents.get(backup.id) ?? { backup: [], verdicts: [] };
    documents.set(backup.id, { ...ids, backup: [...ids.backup, snapshot.id] });
  }
  for (const snapshot of snapshots) {
    const id = valueOf(snapshot, "backup");
    if (valueOf(snapshot, "kind") !== "verdict" || !id) continue;
    backups.get(id)?.verdicts.push(documentOf(snapshot) as Verdict);
    documents.get(id)?.verdicts.push(snapshot.id);
  }
  const known = [...backups.values()].sort((a, b) => order(a.backup.startedAt, b.backup.startedAt));
  for (const { verdicts } of known) verdicts.sort((a, b) => order(a.at, b.at));
  return { known, documents, data };
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
