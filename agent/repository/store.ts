import type { Backup, OnProgress, Stored, Tags, Verdict } from "../contract";
import { tagsOf } from "./documents";
import { waitingForLock, type Deletes } from "./locks";
import { isSilent, RepositoryError } from "./refusal";
import { restic, startRestic, type ResticPlace } from "./restic-command";
import { isSummary, summaryReader } from "./summary";

/** Every backup of this plan goes by one host name, so that a new machine goes on where the old one was lost. */
const HOST = "pulumi-dr";
const BACKUP = ["backup", "--json", "--host", HOST];

/** Stores what `produce` writes as one file; publishes nothing if it rejects. */
export async function storeStream(
  place: ResticPlace,
  deletes: Deletes,
  { name, tags }: { readonly name: string; readonly tags: Tags },
  produce: (sink: NodeJS.WritableStream) => Promise<void>,
  onProgress?: OnProgress,
): Promise<Stored> {
  const summary = summaryReader(onProgress);
  const args = [...BACKUP, "--stdin", "--stdin-filename", name, ...asArguments(tags)];
  await deletes.probe(place); // what is produced cannot be produced again while one waits for a lock
  const { onLockStays } = deletes;
  const { child, done } = startRestic(place, args, { onLine: summary.read, isLast: isSummary, onLockStays });
  const producing = produce(child.stdin!);
  try {
    // If restic ends first, what it says is the reason, and the producer's broken pipe is not.
    await Promise.race([producing, done.then(() => producing)]);
  } catch (error) {
    // restic takes the end of its input for the end of the data: it must not see one.
    child.kill("SIGKILL");
    const said = await done.then(
      () => undefined,
      (fault: unknown) => fault,
    );
    producing.catch(() => {});
    if (!deletes.refused) await restic(place, ["unlock"]).catch(() => {});
    throw said instanceof RepositoryError && !isSilent(said) ? said : error;
  }
  child.stdin!.end();
  await done;
  return summary.stored();
}

/** Stores files and folders; publishes nothing unless all of them could be read. */
export async function storePaths(
  place: ResticPlace,
  deletes: Deletes,
  {
    paths,
    exclude,
    tags,
  }: { readonly paths: readonly string[]; readonly exclude: readonly string[]; readonly tags: Tags },
  onProgress?: OnProgress,
): Promise<Stored> {
  const summary = summaryReader(onProgress);
  const excluded = exclude.map((pattern) => `--exclude=${pattern}`);
  const args = [...BACKUP, ...asArguments(tags), ...excluded, "--", ...paths];
  const { onLockStays } = deletes;
  try {
    await waitingForLock(place, () => restic(place, args, { onLine: summary.read, isLast: isSummary, onLockStays }));
  } catch (error) {
    // A file that could not be read does not keep restic from publishing the rest.
    const half = summary.found();
    if (half) await deletes.exclusively(place, () => restic(place, ["forget", half.locator])).catch(() => {});
    throw error;
  }
  return summary.stored();
}

/** Writes what a backup says of itself, or what came of proving it. */
export async function storeDocument(
  place: ResticPlace,
  { onLockStays }: Deletes,
  kind: "backup" | "verdict",
  document: Backup | Verdict,
): Promise<void> {
  const tags = tagsOf(kind, document).map((tag) => `--tag=${tag}`);
  const args = [...BACKUP, "--stdin", "--stdin-filename", `${kind}.json`, ...tags];
  await waitingForLock(place, async () => {
    const { child, done } = startRestic(place, args, { isLast: isSummary, onLockStays });
    child.stdin!.end(`${JSON.stringify(document, null, 2)}\n`);
    await done;
  });
}

const asArguments = (tags: Tags) =>
  Object.entries({ kind: "data", ...tags }).map(([name, value]) => `--tag=${name}=${value.replaceAll(",", " ")}`);
