import { constants } from "node:fs";
import { access, opendir, stat } from "node:fs/promises";
import * as path from "node:path";
import type { Measurement } from "../alerts/rules";
import type { AgentConfig } from "../config";

const PATIENCE_MS = 10_000;

/** Whether each path that the plan protects can be read. One that does not answer, such as a lost mount, cannot. */
export function protectedPaths({ sources }: Pick<AgentConfig, "sources">): readonly string[] {
  return sources.flatMap(({ entry, root }) => {
    if ((entry.engine !== "files" && entry.engine !== "configuration") || root === undefined) return [];
    const certificates = entry.engine === "configuration" ? (entry.certificates?.paths ?? []) : [];
    return [...entry.paths, ...certificates].map((one) => path.resolve(root, one));
  });
}

export const filesWatch = (paths: readonly string[]): Promise<Measurement[]> =>
  Promise.all(
    paths.map(async (one): Promise<Measurement> => ({
      ...{ rule: "filesUnavailable", source: one, value: !(await isReadable(one)) },
    })),
  );

async function isReadable(place: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), PATIENCE_MS)));
  const answer = look(place).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, patience]);
  } finally {
    clearTimeout(timer);
  }
}

async function look(place: string): Promise<void> {
  await access(place, constants.R_OK);
  if (!(await stat(place)).isDirectory()) return;
  const folder = await opendir(place);
  await folder.read();
  await folder.close();
}
