import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, writeWhole } from "../../engines/files";
import { removeUnfinished } from "./drafts";
import { RepositoryError } from "./refusal";
import type { ResticPlace } from "./restic-command";

/** How the name of a note ends: before it stands the repository's. */
export const NOTE = ".repository";

export const noteOf = ({ cacheFolder, name }: Pick<ResticPlace, "cacheFolder" | "name">) =>
  path.join(cacheFolder, `${name}${NOTE}`);

/** Notes that a repository was there; refuses another one in its place. */
export function remember(place: ResticPlace, id: string): void {
  const note = noteOf(place);
  const known = existsSync(note) ? readFileSync(note, "utf8").trim() : undefined;
  if (known === id) return;
  if (known !== undefined)
    throw new RepositoryError(
      place.name,
      "missing",
      `another repository (${id.slice(0, 8)}) is where ${known.slice(0, 8)} was; if that is meant, remove ${note}`,
    );
  writeWhole(note, `${id}\n`);
}

/** Whether an error only says that a repository awaits its first backup: its bucket is there, and it never was. */
export const isNotMadeYet = (place: ResticPlace, error: unknown): boolean =>
  error instanceof RepositoryError &&
  error.fault === "missing" &&
  !existsSync(noteOf(place)) &&
  !(place.url.startsWith("/") && !existsSync(path.dirname(place.url)));

/** Refuses to make an empty repository in place of one that was there, or of a bucket that is lost, or among other things. */
export function refuseToReplace(place: ResticPlace): void {
  const note = noteOf(place);
  if (existsSync(note))
    throw new RepositoryError(
      place.name,
      "missing",
      `it was here and is gone; an empty one must not take its place silently. If it is lost for good, remove ${note}`,
    );
  if (!place.url.startsWith("/")) return;
  if (!existsSync(path.dirname(place.url)))
    throw new RepositoryError(place.name, "no-bucket", `its bucket ${path.dirname(place.url)} is not there`);
  makeFolder(place.url);
  if (!removeUnfinished(place.url))
    throw new RepositoryError(
      place.name,
      "other",
      `${place.url} must be empty or a restic repository; it holds something else, or one that was begun within the last minute`,
    );
}
