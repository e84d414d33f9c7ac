import { accessSync, constants, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { makeFolder } from "../../engines/files";
import { run } from "../../engines/run";
import { serverUser } from "../../engines/user";
import type {
  Backup,
  BackupRequest,
  OnProgress,
  ReadableRepository,
  Repository,
  RestoreRequest,
  Source,
  TargetRefusal,
  Verdict,
} from "../contract";
import { reasonsOf } from "../proof/reasons";
import { stopwatch, verdictOf } from "../proof/verdict";
import { headOf, tagsOf } from "./naming";
import { staged } from "../../engines/staging";
import { refuseWithoutSpace } from "./space";
import { refuse } from "./target";

export interface FilesOptions {
  readonly name: string;
  readonly plan: string;
  readonly site: string;
  readonly engine: "files" | "configuration";
  /** Files and folders, absolute. */
  readonly paths: readonly string[];
  /** Folder of this site that relative paths of the plan lie in: another site has another.  @default - they lie anywhere */
  readonly root?: string;
  /** Patterns as restic reads them.  @default [] */
  readonly exclude?: readonly string[];
}

/** Files as they lie. What they say is never looked at, so that no secret in them can be told. */
export class FilesSource implements Source {
  readonly kind = "files";
  readonly name: string;
  readonly engine: "files" | "configuration";

  constructor(private readonly options: FilesOptions) {
    this.name = options.name;
    this.engine = options.engine;
  }

  preflight(): Promise<void> {
    const { name, paths, root } = this.options;
    const where = root === undefined ? "" : `. What the plan names without a leading / lies in ${root} at this site`;
    for (const one of paths) {
      if (!existsSync(one)) throw new Error(`${name}: ${one} is not there${where}`);
      accessSync(one, constants.R_OK);
    }
    return Promise.resolve();
  }

  async backUp(request: BackupRequest, repository: Repository, onProgress: OnProgress): Promise<Backup> {
    const { paths, exclude = [], root } = this.options;
    await this.preflight();
    const head = headOf(this, this.options, request, new Date());
    // Each backup stands alone to whoever restores it; restic stores only what is new.
    const stored = await repository.storePaths(paths, tagsOf(head), { exclude }, onProgress);
    const version = (await run("restic", ["version"])).split(" ")[1] ?? "unknown";
    return {
      ...{ ...head, endedAt: new Date().toISOString(), bytes: stored.bytes },
      ...{ counts: { files: stored.files ?? 0 }, locator: stored.locator, tools: { restic: version } },
      details: { paths: paths.join("\n"), ...(root === undefined ? {} : { root }) },
    };
  }

  refusalOfTarget(backup: Backup, { target, drop }: RestoreRequest): Promise<TargetRefusal | undefined> {
    const found = statSync(target, { throwIfNoEntry: false });
    const taken = this.placesOf(backup, target)
      .map(({ place }) => place)
      .filter((place) => existsSync(place));
    if (found && !found.isDirectory())
      return Promise.resolve({ rule: "must be a folder; a file is there", way: "Name another path" });
    return Promise.resolve(
      taken.length === 0 || drop
        ? undefined
        : {
            rule: `must not hold ${taken.join(", ")} yet`,
            way: "Say that it may be replaced (`drop`), or name another folder",
          },
    );
  }

  /**
   * Puts everything below `target`, under the path that it had; below `/`, what lay in its site's root comes into the root
   * of this one. Nothing in its place is overwritten silently.
   */
  async restore(
    backup: Backup,
    repository: ReadableRepository,
    request: RestoreRequest,
    onProgress: OnProgress,
  ): Promise<void> {
    const { target } = request;
    refuse(target, await this.refusalOfTarget(backup, request));
    const places = this.placesOf(backup, target);
    // Fetched whole beside its place first: a restore that fails must not cost what was there. Beside it, because that is
    // the one folder in which a thing that is replaced must be writable, and its own disk.
    const beside = path.join(path.dirname(places[0]!.place), ".dr-restore");
    await staged(beside, "files", async (folder) => {
      await repository.restorePaths(backup.locator, folder, onProgress);
      const found = await count(folder);
      if (found !== backup.counts["files"])
        throw new Error(`${backup.id}: ${found} files came back; it holds ${backup.counts["files"]}`);
      for (const { one, place } of places) {
        makeFolder(path.dirname(place));
        rmSync(place, { recursive: true, force: true });
        await run("mv", ["--", path.join(folder, one), place], { user: serverUser(), timeoutMs: 3_600_000 });
      }
    });
    if (readdirSync(beside).length === 0) rmSync(beside, { recursive: true });
  }

  /** The backup's files and folders, and where each comes to lie. */
  private placesOf({ details }: Backup, target: string): readonly { readonly one: string; readonly place: string }[] {
    const { root } = this.options;
    const home = details["root"];
    return String(details["paths"])
      .split("\n")
      .map((one) => {
        const inside = path.relative(String(home), one);
        const moves = target === "/" && root !== undefined && home !== undefined && !inside.startsWith("..");
        return { one, place: moves ? path.join(root, inside) : path.join(target, one) };
      });
  }

  async prove(backup: Backup, repository: Repository, scratchFolder: string, onProgress: OnProgress): Promise<Verdict> {
    refuseWithoutSpace(scratchFolder, backup.bytes.source, `a test restore of ${backup.id}`);
    const seconds = stopwatch();
    const reasons = await staged(scratchFolder, "files", async (folder) => {
      await repository.restorePaths(backup.locator, folder, onProgress);
      const found = await count(folder);
      return found === backup.counts["files"]
        ? []
        : [`${found} files came back; the backup says ${backup.counts["files"]}`];
    }).catch(reasonsOf);
    return verdictOf(backup, "restore", seconds(), reasons);
  }
}

/** Files of any kind below a folder; folders themselves are not counted. */
async function count(folder: string): Promise<number> {
  const found = await run("find", [folder, "!", "-type", "d", "-printf", "."], {
    user: serverUser(),
    timeoutMs: 3_600_000,
  });
  return found.length;
}
