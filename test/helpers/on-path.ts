import { existsSync } from "node:fs";
import * as path from "node:path";

/** Whether a program can be started by its name. */
export const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? "").split(":").some((folder) => folder !== "" && existsSync(path.join(folder, program)));
