import { existsSync } from "node:fs";
import { RepositoryError } from "./refusal";
import { Deletes } from "./locks";
import { restic, type ResticPlace } from "./restic-command";

const opens = (place: ResticPlace, passwordFile: string): Promise<boolean> =>
  restic({ ...place, passwordFile }, ["cat", "config", "--no-lock", "--no-cache"]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof RepositoryError && error.fault === "wrong-key") return false;
      throw error;
    },
  );

/** Lets another key open a repository too, and makes sure that it does. */
export async function addKey(place: ResticPlace, next: string): Promise<void> {
  if (await opens(place, next)) return;
  await restic(place, ["key", "add", `--new-password-file=${next}`], {
    isLast: (line) => line.startsWith("saved new key"),
    makesKey: true,
  });
  if (!(await opens(place, next)))
    throw new RepositoryError(place.name, "other", "restic said that it has a new key, and that key does not open it");
}

/** Takes a key away from a repository, which `place` opens with another one. Rejects if the store refuses to delete it. */
export async function removeKey(place: ResticPlace, old: string): Promise<void> {
  if (!existsSync(old) || !(await opens(place, old))) return;
  const deletes = new Deletes();
  const { onLockStays } = deletes;
  const listed = await restic({ ...place, passwordFile: old }, ["key", "list", "--json"], {
    isLast: (line) => line.startsWith("["),
    onLockStays,
  });
  const keys = JSON.parse(listed) as { readonly current: boolean; readonly id: string }[];
  const { id } = keys.find(({ current }) => current)!;
  await deletes.exclusively(place, () => restic(place, ["key", "remove", id]));
  if (await opens(place, old))
    throw new RepositoryError(place.name, "other", "the old key was removed and still opens it");
}
