import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { bareEnvironment } from "../../../engines/run";
import { skip } from "../../helpers/skip";

const PYTHON = path.join(__dirname, "../../../.dr/moto/bin/python");

export interface Moto {
  readonly url: string;
  readonly stop: () => void;
}

/** Starts moto's server, which keeps all in memory and ends with this process. Skips the test where setup could not bring it. */
export async function startMoto(context: Mocha.Context): Promise<Moto> {
  if (!existsSync(PYTHON))
    skip(context, "no moto: scripts/setup --tests brings it where Python 3.10 with venv and pip is");
  const child = spawn(PYTHON, [path.join(__dirname, "moto-server.py")], {
    env: bareEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(Number(text)));
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`moto did not start: ${said}`)));
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stdin.end() };
}
