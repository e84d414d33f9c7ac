import { once } from "node:events";
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import * as path from "node:path";
import { finished } from "node:stream/promises";
import type { Known, Repository, Stored, Tags } from "../../agent/contract";
import { makeFolder } from "../../engines/files";

/** A repository that is a plain folder, for tests of what goes in and out of one. Publishes by renaming, as it must. */
export class FolderRepository implements Repository {
  readonly name = "own";
  private made = 0;

  constructor(readonly url: string) {}

  open(): Promise<void> {
    makeFolder(path.join(this.url, "data"));
    return Promise.resolve();
  }

  /** What has been published. */
  locators = (): string[] => readdirSync(path.join(this.url, "data")).filter((name) => !name.endsWith(".draft"));
  fileOf = (locator: string, name: string) => path.join(this.url, "data", locator, name);

  async storeStream(
    name: string,
    _tags: Tags,
    produce: (sink: NodeJS.WritableStream) => Promise<void>,
  ): Promise<Stored> {
    return this.publish(async (draft) => {
      const sink = createWriteStream(path.join(draft, name));
      try {
        await produce(sink);
      } catch (error) {
        sink.destroy();
        throw error;
      }
      sink.end();
      await finished(sink);
    });
  }

  storePaths(paths: readonly string[]): Promise<Stored> {
    return this.publish((draft) => {
      for (const one of paths) cpSync(one, path.join(draft, one), { recursive: true });
      return Promise.resolve();
    });
  }

  async readStream(
    locator: string,
    name: string,
    consume: (source: NodeJS.ReadableStream) => Promise<void>,
  ): Promise<void> {
    const source = createReadStream(this.fileOf(locator, name));
    await once(source, "open");
    await consume(source);
  }

  restorePaths(locator: string, into: string): Promise<void> {
    cpSync(path.join(this.url, "data", locator), into, { recursive: true });
    return Promise.resolve();
  }

  check(locator: string): Promise<void> {
    if (!existsSync(path.join(this.url, "data", locator))) throw new Error(`no ${locator}`);
    return Promise.resolve();
  }

  writeBackup = () => Promise.reject<void>(new Error("not a source's to do"));
  writeVerdict = () => Promise.reject<void>(new Error("not a source's to do"));
  list = (): Promise<readonly Known[]> => Promise.reject(new Error("not a source's to do"));
  forget = (): Promise<never> => Promise.reject(new Error("not a source's to do"));

  private async publish(fill: (draft: string) => Promise<void>): Promise<Stored> {
    const locator = `${process.pid}-${++this.made}`;
    const place = path.join(this.url, "data", locator);
    mkdirSync(`${place}.draft`);
    try {
      await fill(`${place}.draft`);
    } catch (error) {
      rmSync(`${place}.draft`, { recursive: true });
      throw error;
    }
    renameSync(`${place}.draft`, place);
    const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
    return { locator, bytes: { source: bytes, stored: bytes } };
  }
}

/** Everything below a folder, by its path there. */
export const contentsOf = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .sort()
      .map((file) => [path.relative(folder, file), readFileSync(file)]),
  );
