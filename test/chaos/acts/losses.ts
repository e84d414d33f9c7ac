import { loseSite } from "../../../cli/drill/lose-site";
import { hasData } from "../../../engines/postgres/cluster";
import { serverUser } from "../../../engines/user";
import type { Random } from "../../helpers/random";
import { cutOff, whyNoFirewall } from "../firewall";
import type { Site } from "../plan";
import { holdServer, killServer, startServer } from "../servers";
import { lost, pause, sitesNow, type Stage } from "../stage";
import { ended, type Act } from "./act";

const OFTEN_BACK = 0.6;

/** What a person does about a lost site later: often at once, now and then not in this run's acts. */
async function perhapsBack({ operator }: Stage, random: Random): Promise<string> {
  if (random.next() > OFTEN_BACK) return "";
  return `, back ${ended(await operator.run("pulumi-dr", "failback", "--yes", "--json"))}`;
}

/** The old primary is started by its machine, before anybody has thought of it. */
async function perhapsBoots({ system }: Stage, site: Site, random: Random): Promise<string> {
  if (random.next() > 0.5) return "";
  await pause(random.between(0, 1_000));
  return (await startServer(system, site)) ? ", boots" : "";
}

/** Losses of the live site, of each kind, and the failover that answers them. */
export const LOSSES: readonly Act[] = [
  {
    name: "lose-server",
    weight: 4,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      await killServer(stage.system, live);
      const said = await lost(stage, live);
      return `${ended(said)}${await perhapsBoots(stage, live, random)}${await perhapsBack(stage, random)}`;
    },
  },
  {
    name: "lose-site",
    weight: 3,
    async play(stage, random) {
      const { live, other } = await sitesNow(stage);
      if (!hasData(stage.system.server(other))) return "spared: the last copy"; // nobody promises anything after that
      loseSite(stage.system.region(live));
      return `${ended(await lost(stage, live))}${await perhapsBack(stage, random)}`;
    },
  },
  {
    name: "lose-server-replica-behind",
    weight: 3,
    missing: whyNoFirewall,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      const { address, port } = stage.system;
      const heal = cutOff({ address: address(live), port, from: serverUser().uid });
      try {
        await pause(random.between(300, 2_500));
        await killServer(stage.system, live);
      } finally {
        heal();
      }
      const said = await lost(stage, live);
      return `${ended(said)}${await perhapsBoots(stage, live, random)}${await perhapsBack(stage, random)}`;
    },
  },
  {
    name: "lose-site-cut-off",
    weight: 3,
    missing: whyNoFirewall,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      const { address, port } = stage.system;
      const heal = cutOff({ address: address(live), port });
      let said;
      try {
        await pause(random.between(0, 2_000));
        said = await lost(stage, live);
        await pause(random.between(0, 2_000));
      } finally {
        heal();
        stage.probe.reachable();
      }
      await pause(random.between(0, 2_000));
      return `${ended(said)}${await perhapsBack(stage, random)}`;
    },
  },
  {
    name: "lose-hanging-server",
    weight: 2,
    async play(stage, random) {
      const { live } = await sitesNow(stage);
      const release = holdServer(stage.system, live);
      let said;
      try {
        said = await lost(stage, live);
      } finally {
        release?.();
        stage.probe.reachable();
      }
      await pause(random.between(0, 2_000));
      return `${ended(said)}${await perhapsBack(stage, random)}`;
    },
  },
];
