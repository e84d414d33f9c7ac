import { makeFolder } from "../../engines/files";
import type { Backup, Known, OnProgress, Repository, Stored, Tags, Verdict } from "../contract";
import { readCatalogue, type Catalogue, type Snapshot } from "./documents";
import { removeDrafts } from "./drafts";
import { isSilent, RepositoryError } from "./refusal";
import { isNotMadeYet, refuseToReplace, remember } from "./known";
import { Deletes, waitingForLock } from "./locks";
import { restic, startRestic, type ResticPlace } from "./restic-command";
import { storeDocument, storePaths, storeStream } from "./store";

const DAY_MS = 86_400_000;

/** A repository on restic: encrypted, deduplicated, in a folder or an object store. Nothing in it is ever rewritten. */
export class ResticRepository implements Repository {
  readonly name: string;
  readonly url: string;
  /** What could not be read when it was last listed, as restic says it. */
  damage: readonly string[] = [];

  private readonly deletes = new Deletes();

  constructor(private readonly place: ResticPlace) {
    this.name = place.name;
    this.url = place.url;
  }

  /** Whether its store was seen to refuse a delete: what is old stays then, and restic's locks too. */
  get refusesDeletes(): boolean {
    return this.deletes.refused;
  }

  /** Whether an error only says that it awaits its first backup. Without its bucket, or once it was there, it is a fault. */
  isNotMadeYet = (error: unknown): boolean => isNotMadeYet(this.place, error);

  async open(): Promise<void> {
    makeFolder(this.place.cacheFolder, 0o700);
    try {
      remember(this.place, await this.identity());
    } catch (error) {
      if (!(error instanceof RepositoryError) || error.fault !== "missing") throw error;
      refuseToReplace(this.place);
      await restic(this.place, ["init"], { makesKey: true });
      remember(this.place, await this.identity());
    }
  }

  storeStream(
    name: string,
    tags: Tags,
    produce: (sink: NodeJS.WritableStream) => Promise<void>,
    onProgress?: OnProgress,
  ): Promise<Stored> {
    return storeStream(this.place, this.deletes, { name, tags }, produce, onProgress);
  }

  storePaths(
    paths: readonly string[],
    tags: Tags,
    { exclude = [] }: { readonly exclude?: readonly string[] } = {},
    onProgress?: OnProgress,
  ): Promise<Stored> {
    return storePaths(this.place, this.deletes, { paths, exclude, tags }, onProgress);
  }

  // What is read back is read without the cache: a copy on this machine proves nothing of what lies in the bucket.

  async readStream(
    locator: string,
    name: string,
    consume: (source: NodeJS.ReadableStream) => Promise<void>,
  ): Promise<void> {
    const { child, done } = startRestic(this.place, ["dump", "--no-lock", "--no-cache", locator, `/${name}`]);
    child.stdin!.end();
    try {
      await Promise.all([consume(child.stdout!), done]);
    } catch (error) {
      child.kill("SIGKILL");
      await done.catch((fault: unknown) => {
        if (fault instanceof RepositoryError && !isSilent(fault)) throw fault;
      });
      throw error;
    }
  }

  async restorePaths(locator: string, into: string, onProgress?: OnProgress): Promise<void> {
    onProgress?.({ bytes: 0, phase: "restore" });
    await this.run(["restore", "--no-lock", "--no-cache", locator, "--target", into, "--verify"]);
  }

  async check(locator: string): Promise<void> {
    const words = ["dump", "--no-lock", "--no-cache", locator, "/"];
    const { child, done } = startRestic(this.place, words, { isMute: true });
    child.stdin!.end();
    await done;
  }

  /** Whether every index, snapshot and tree of the repository is whole, and every pack of the size that it was written with. */
  async checkStructure(): Promise<void> {
    await this.deletes.probe(this.place);
    // Where nothing can be deleted nobody prunes, and there is nothing to be kept from.
    if (this.deletes.refused) await this.run(["check", "--no-cache", "--no-lock"]);
    else await waitingForLock(this.place, () => this.run(["check", "--no-cache"]));
  }

  writeBackup = (backup: Backup) => storeDocument(this.place, this.deletes, "backup", backup);
  writeVerdict = (verdict: Verdict) => storeDocument(this.place, this.deletes, "verdict", verdict);

  async list(source?: string): Promise<readonly Known[]> {
    const { known } = await this.catalogue();
    return source === undefined ? known : known.filter(({ backup }) => backup.source === source);
  }

  async forget(
    backups: readonly Backup[],
  ): Promise<{ readonly removed: readonly string[]; readonly refused: readonly string[] }> {
    if (backups.length === 0) return { removed: [], refused: [] };
    const { documents } = await this.catalogue();
    // The word goes before the data: a backup that is named must be there, also after a `kill -9` in between.
    const words = backups.flatMap(({ id }) => {
      const { backup = [], verdicts = [] } = documents.get(id) ?? {};
      return [...backup, ...verdicts];
    });
    await this.forgetSnapshots(words);
    const after = await this.catalogue();
    const refused = backups.filter(({ id }) => after.documents.has(id)).map(({ id }) => id);
    const gone = backups.filter(({ id }) => !refused.includes(id));
    const data = new Set(after.data.map(({ id }) => id));
    await this.forgetSnapshots(
      gone.map(({ locator }) => [...data].find((id) => id.startsWith(locator)) ?? "").filter(Boolean),
    );
    return { removed: gone.map(({ id }) => id), refused };
  }

  /** Removes data that no backup names: what a process left that was killed. Younger than a day, it may be another's at work. */
  async sweep(now = new Date()): Promise<number> {
    removeDrafts(this.url, now);
    const { known, data } = await this.catalogue();
    if (this.damage.length > 0) return 0; // what cannot be read may name it
    const named = known.map(({ backup }) => backup.locator);
    const orphans = data.filter(
      ({ id, time }) => now.getTime() - time.getTime() > DAY_MS && !named.some((locator) => id.startsWith(locator)),
    );
    await this.forgetSnapshots(orphans.map(({ id }) => id));
    return orphans.length;
  }

  /** Gives the space of what was forgotten back. Rejects where the store refuses to delete. */
  async prune(): Promise<void> {
    await this.deletes.exclusively(this.place, () => this.run(["prune", "--max-unused", "10%"]));
  }

  private async forgetSnapshots(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += 500) {
      const some = ids.slice(at, at + 500);
      // What was refused is seen in the list afterwards.
      await this.deletes
        .exclusively(this.place, () => this.run(["forget", ...some]))
        .catch((error: unknown) => {
          if (!(error instanceof RepositoryError) || !["denied", "damaged", "other"].includes(error.fault)) throw error;
        });
    }
  }

  /** What cannot be read is left out and told of: the rest must stay restorable. */
  private async catalogue(): Promise<Catalogue> {
    const lines: string[] = [];
    const args = ["snapshots", "--json", "--no-lock", "--no-cache"];
    const { child, done } = startRestic(this.place, args, { onLine: (line) => lines.push(line) });
    child.stdin!.end();
    this.damage = (await done).split("\n").filter((line) => /could not load|invalid data/.test(line));
    return readCatalogue((JSON.parse(lines.join("") || "[]") as Snapshot[] | null) ?? []);
  }

  private async identity(): Promise<string> {
    return (JSON.parse(await this.run(["cat", "config", "--no-lock", "--no-cache"])) as { id: string }).id;
  }

  private readonly run = (args: readonly string[]) => restic(this.place, args);
}
