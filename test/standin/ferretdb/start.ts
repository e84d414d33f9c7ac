import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import * as path from "node:path";
import { startScratch, untilReady, type ScratchServer } from "../../../agent/sources/scratch-server";
import { connected } from "../../../agent/sources/mongodb/connection";
import { projectFolder } from "../../../engines/bundle";
import { makeFolder } from "../../../engines/files";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";

const BINARY = path.join(projectFolder, ".dr/standin/ferretdb");
const SOURCE = path.join(projectFolder, "test/standin/ferretdb");

/** The command of the MongoDB wire server, built if it is not there. Skips the test without Go. */
export function ferretdb(context: Mocha.Context): readonly [string, ...string[]] {
  if (isStale()) {
    if (!isOnPath("go")) skip(context, "no Go to build FerretDB with");
    context.timeout(600_000);
  }
  return builtFerretdb();
}

/** The same, for who is no test: throws without Go. Building takes half a minute, once. */
export function builtFerretdb(): readonly [string, ...string[]] {
  if (isStale()) {
    mkdirSync(path.dirname(BINARY), { recursive: true });
    const draft = `${BINARY}.${process.pid}`;
    const args = [
      "build",
      "-p",
      "1",
      "-trimpath",
      "-tags",
      "ferretdb_no_postgresql",
      "-ldflags",
      "-s -w",
      "-o",
      draft,
      ".",
    ];
    const built = spawnSync("go", args, {
      cwd: SOURCE,
      env: { ...process.env, CGO_ENABLED: "0" },
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`FerretDB could not be built: ${built.stderr || built.error?.message}`);
    renameSync(draft, BINARY);
  }
  return [BINARY, "127.0.0.1:{port}", "{folder}"];
}

function isStale(): boolean {
  const newest = Math.max(...["main.go", "go.mod", "go.sum"].map((name) => statSync(path.join(SOURCE, name)).mtimeMs));
  return !existsSync(BINARY) || statSync(BINARY).mtimeMs < newest;
}

export interface Ferretdb extends ScratchServer {
  readonly uri: string;
}

/** Starts it in a folder. */
export async function startFerretdb(context: Mocha.Context, folder: string): Promise<Ferretdb> {
  const command = ferretdb(context);
  makeFolder(folder);
  const server = await startScratch(command, folder);
  const uri = `mongodb://127.0.0.1:${server.port}/?directConnection=true`;
  await untilReady(server, () => connected(uri, () => Promise.resolve(), 500), 20_000);
  return { ...server, uri };
}
