import { descendants } from "../../../engines/process";
import { textOf } from "../watch";
import { holdsWithin, type Fault, type FaultContext } from "./fault";

const TOOLS = ["restic", "pgbackrest", "pg_dump", "pg_restore", "redis-cli", "redis-server", "postgres"];

const agentAgain = ({ watch }: FaultContext, old: number) =>
  holdsWithin(60_000, () => watch.agentPid() !== undefined && watch.agentPid() !== old);

const endAgent = (name: string, signal: NodeJS.Signals): Fault => ({
  name,
  lane: "process",
  inject(context) {
    const pid = context.watch.agentPid();
    if (pid === undefined) return Promise.resolve(undefined);
    process.kill(pid, signal);
    return Promise.resolve({
      what: `process ${pid}`,
      tells: ({ text }) => text.includes("starting it again") || text.includes("ended with"),
      async heal() {
        if (!(await agentAgain(context, pid))) context.journal.violate("not healed", `the agent was not started again`);
      },
      proof: [{ repository: "own" }, { repository: "dr" }],
    });
  },
});

/** The agent itself; its supervisor starts it again. */
export const killAgent = endAgent("kill-agent", "SIGKILL");
export const endAgentGently = endAgent("end-agent", "SIGTERM");

/** A tool of the agent's in the middle of its work. */
export const killTool: Fault = {
  name: "kill-tool",
  lane: "process",
  async inject({ watch, random }) {
    let killed: string | undefined;
    const found = await holdsWithin(30_000, () => {
      const agent = watch.agentPid();
      const running = agent === undefined ? [] : descendants(agent).map((pid) => ({ pid, name: comm(pid) }));
      const tools = running.filter(({ name }) => TOOLS.includes(name));
      if (tools.length === 0) return false;
      const { pid, name } = random.pick(tools);
      try {
        process.kill(pid, "SIGKILL");
        killed = `${name} ${textOf(`/proc/${pid}/cmdline`).split("\0").slice(1, 3).join(" ")}`.trim();
        killed ||= name;
      } catch {
        return false; // ended by itself
      }
      return true;
    });
    if (!found) return undefined;
    return {
      what: killed!,
      tells: ({ by, text }) => by === "log" && /SIGKILL|killed|-failed/.test(text),
      heal: () => Promise.resolve(),
      proof: [{ repository: "own" }, { repository: "dr" }],
    };
  },
};

const comm = (pid: number) => textOf(`/proc/${pid}/comm`).trim();
