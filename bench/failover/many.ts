import { stringify } from "yaml";
import { loseSite } from "../../cli/drill/lose-site";
import { startProgress } from "../../cli/progress";
import { lostSite, returnOfSite } from "../../cli/recovery/steps";
import { takeSteps } from "../../cli/recovery/take";
import { serverState, connected } from "../../engines/postgres/sql";
import { keptPorts } from "../../engines/ports";
import { commonsOf } from "../../components/local/place";
import { makeWorkspace, until } from "../../test/helpers/workspace";
import { timed } from "../samples";

/** A plan with nothing but databases, each with a replica. */
const planOf = (count: number) =>
  stringify(
    {
      name: "cotai",
      sites: { prod: { platform: "local" }, dr: { platform: "local" } },
      objectives: { full: { rto: "4h", rpo: "24h" } },
      data: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `db-${index}`,
          { engine: "postgresql", database: "app", replica: "streaming", backup: { full: "0 2 * * *" } },
        ]),
      ),
      services: { web: { port: 8000 } },
      dns: { zone: "cotai.test", name: "app.cotai.test" },
    },
    { aliasDuplicateObjects: false },
  );

/** Two sites with so many databases, and the `up` that promotes them all after the loss of one. */
export function makeMany(count: number) {
  const at = makeWorkspace(() => planOf(count));
  let [live, other] = ["prod", "dr"] as [string, string];
  for (const stack of ["prod", "dr", "dns"]) at.up(stack);
  const { keysFolder, portRegistry } = commonsOf({ location: at.location, plan: "cotai" });
  const ports = () => Array.from({ length: count }, (_, index) => keptPorts(portRegistry)[`db-${index}`]!);

  async function quiet(): Promise<void> {
    const status = `http://${at.place(live).address}:${keptPorts(portRegistry)["agent"]}/status`;
    const idle = async () => ((await (await fetch(status)).json()) as { running: object | null }).running === null;
    await until("the agent to be idle", idle, 600_000);
    for (const port of ports()) {
      const { address } = at.place(other);
      const streams = async () => (await connected({ address, port, keysFolder }, serverState)).streaming;
      await until("each standby to stream", streams, 60_000);
    }
  }

  return {
    /** Seconds of the `up`; the sites are two again after it. */
    async promote(): Promise<number> {
      await quiet();
      loseSite(at.place(live).region);
      const [promotion, name] = lostSite(live, other);
      const progress = startProgress(process.stderr);
      const seconds = await timed(() => takeSteps(at.folder, [promotion!], progress));
      await takeSteps(at.folder, [name!, ...returnOfSite(live, other)], progress);
      [live, other] = [other, live];
      return seconds;
    },
    remove: () => at.remove(),
  };
}
