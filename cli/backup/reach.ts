import * as path from "node:path";
import { projectFolder } from "../../engines/bundle";
import { projectHere, UsageError } from "../project";
import { clientOf, type Client } from "./client";
import { NoAnswer, overHttp, type Send } from "./send";
import { localAgent, tokenOf } from "./site";

/** Which agent is meant. */
export interface ReachOptions {
  /** @default - the active one */
  readonly site?: string;
  /** Address of any other agent. */
  readonly agent?: string;
  /** In this process, whether an agent runs or not. */
  readonly direct?: boolean;
}

/** An agent that does what it is asked: one that runs, or one made in this process for one command. */
export interface Reached {
  /** For lines: `the agent at http://…`, `this process`. */
  readonly name: string;
  readonly client: Client;
  readonly isDirect: boolean;
  /** One of this process: ends its tools, which rolls back what they were at. One that runs: nothing, it goes on. */
  readonly close: () => Promise<void>;
}

/** Finds the agent that is meant; `say` gets a line where it is not one that runs. */
export async function reach(options: ReachOptions, say: (line: string) => void): Promise<Reached> {
  if (options.agent !== undefined) return remote(options.agent, options);
  const { site, config } = await localAgent(options.site);
  const url = `http://${config.address}:${config.port}`;
  const isRunning = await answers(overHttp(url, undefined));
  if (isRunning && !options.direct) return running(url, tokenOf(config));
  const waits = "each waits while the other holds a source or a repository";
  say(isRunning ? `in this process, beside ${site}'s agent: ${waits}` : `in this process: no agent runs at ${site}`);
  const { send, close } = await direct().openDirect(config);
  return { name: "this process", client: clientOf(send), isDirect: true, close };
}

/** A bundle of its own: the agent is five times as large as all commands together, and most need none of it. */
function direct(): typeof import("./direct") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the launcher is plain JavaScript, outside this bundle
  const { launch } = require(
    path.join(projectFolder, "scripts/launch.cjs"),
  ) as typeof import("../../scripts/launch.cjs");
  return launch("cli/backup/direct.ts") as typeof import("./direct");
}

const running = (url: string, token: string): Reached => ({
  ...{ name: `the agent at ${url}`, client: clientOf(overHttp(url, token)), isDirect: false },
  close: () => Promise.resolve(),
});

async function remote(url: string, { site, direct }: ReachOptions): Promise<Reached> {
  if (site !== undefined || direct) throw new UsageError("--agent names the agent: leave --site and --direct out");
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^https?:$/.test(address.protocol) || address.username || address.password)
    throw new UsageError("--agent must be an address such as https://agent.example.com, without a user or a password");
  const name = tokenName();
  if (!process.env[name])
    throw new UsageError(`--agent needs the agent's token in the environment, as ${name}: it must not be an argument`);
  if (!(await answers(overHttp(url, undefined))))
    throw new Error(`the agent at ${address.origin} does not answer; is it up, and is this its address?`);
  return running(address.origin, process.env[name].trim());
}

/** What the project's plan calls the token, if there is a project here. */
const tokenName = () => projectHere()?.plan.api.token ?? "DR_API_TOKEN";

const answers = (send: Send) =>
  send("GET", "/healthz").then(
    ({ status }) => status === 200,
    (error: unknown) => {
      if (error instanceof NoAnswer) return false;
      throw error;
    },
  );
